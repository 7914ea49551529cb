import pg from 'pg';
import { emailExists } from '../admin/admin-create-user.ts';
import { AuthError } from './auth-error.ts';

/** Texts that JSON can carry and Postgres cannot: a NUL character, half of a surrogate pair. */
const UNSTORABLE_TEXT = new Set(['22021', '22P05']);
const UNIQUE_VIOLATION = '23505';

/** What a client may be told of an error; undefined when the fault is ours. */
export function asRefusal(error: unknown): AuthError | undefined {
  if (error instanceof AuthError) return error;
  if (!(error instanceof pg.DatabaseError)) return undefined;
  if (UNSTORABLE_TEXT.has(error.code ?? '')) {
    return new AuthError(
      400,
      'bad_json',
      'Could not parse request body as JSON: it has a character that cannot be stored',
    );
  }
  if (error.code !== UNIQUE_VIOLATION) return undefined;
  if (error.constraint === 'users_email_partial_key') return emailExists();
  if (error.constraint === 'users_pkey') {
    return new AuthError(422, 'user_already_exists', 'A user with this id already exists');
  }
  return undefined;
}
