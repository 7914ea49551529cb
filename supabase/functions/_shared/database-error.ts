import { isErrorCode } from '@tradebase/contracts';
import { ApiError } from './api-error.ts';

/** PostgREST's codes for a token that Auth no longer accepts. */
const TOKEN_CODES: readonly string[] = ['PGRST301', 'PGRST303'];
/** SQLSTATE insufficient_privilege: a grant or a policy says no. */
const INSUFFICIENT_PRIVILEGE = '42501';
/** How private.raise_rate_limited says in the details when to try again: supabase-js shows no headers of an error. */
const RETRY_AFTER = /^retry after (\d+) s$/;

/**
 * SQLSTATEs check_violation, untranslatable_character and character_not_in_repertoire: a value that the schema here let pass
 * and the database does not, such as a text with a NUL character.
 */
const INVALID_VALUE: readonly string[] = ['23514', '22P05', '22021'];
/** SQLSTATE foreign_key_violation, of a row's owner: the token outlived its user. */
const FOREIGN_KEY_VIOLATION = '23503';

/** The answer to an error of the database: our own codes pass with their message, everything else is internal. */
export function databaseError(error: { code: string; message: string; details?: string | null }): ApiError {
  if (isErrorCode(error.code))
    return new ApiError(error.code, { message: error.message, ...retryAfter(error.details) });
  if (TOKEN_CODES.includes(error.code)) return new ApiError('invalid_token', { cause: error });
  if (INVALID_VALUE.includes(error.code))
    return new ApiError('invalid_request', { message: error.message, cause: error });
  if (error.code === INSUFFICIENT_PRIVILEGE) return new ApiError('forbidden', { cause: error });
  if (error.code === FOREIGN_KEY_VIOLATION && error.message.includes('user_id_fkey')) {
    return new ApiError('invalid_token', { cause: error });
  }
  return new ApiError('internal_error', { cause: error });
}

function retryAfter(details: string | null | undefined): { retryAfter?: number } {
  const seconds = RETRY_AFTER.exec(details ?? '')?.[1];
  return seconds === undefined ? {} : { retryAfter: Number(seconds) };
}
