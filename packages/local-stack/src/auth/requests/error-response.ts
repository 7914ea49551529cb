import { TooManyRequests } from '../limits/too-many-requests.ts';
import { AuthError } from './auth-error.ts';

const VERSION_HEADER = 'x-supabase-api-version';
const VERSION_WITH_STRING_CODES = '2024-01-01';

/**
 * The body Auth gives an error. Clients that send X-Supabase-Api-Version 2024-01-01 or later read the code from `code`;
 * older ones find the HTTP status there and the code in `error_code`.
 */
export function errorResponse(error: AuthError, request: Request): Response {
  const weakPassword = error.weakPasswordReasons && { weak_password: { reasons: error.weakPasswordReasons } };
  const headers = new Headers({ 'cache-control': 'no-store', 'x-sb-error-code': error.code });
  if (error instanceof TooManyRequests) headers.set('retry-after', String(error.retryAfterSeconds));
  if (!wantsStringCodes(request)) {
    const body = { code: error.status, error_code: error.code, msg: error.message, ...weakPassword };
    return Response.json(body, { status: error.status, headers });
  }
  headers.set(VERSION_HEADER, VERSION_WITH_STRING_CODES);
  const body = { code: error.code, message: error.message, ...weakPassword };
  return Response.json(body, { status: error.status, headers });
}

/** What a client is told when the server itself failed; the reason goes to the log only. */
export function unexpectedFailure(): AuthError {
  return new AuthError(500, 'unexpected_failure', "Auth failed unexpectedly: the reason is in the local stack's log");
}

function wantsStringCodes(request: Request): boolean {
  const version = request.headers.get(VERSION_HEADER) ?? '';
  return /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= VERSION_WITH_STRING_CODES;
}
