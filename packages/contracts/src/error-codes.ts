import { z } from 'zod';

/** Every code an error can have, with its HTTP status and its usual message. Functions and workers share this table. */
export const ERROR_CODES = {
  missing_token: { status: 401, message: 'Sign in first: the Authorization header carries no user token' },
  invalid_token: { status: 401, message: 'The token is invalid or has expired: sign in again' },
  forbidden: { status: 403, message: 'You may not do this' },
  not_found: { status: 404, message: 'There is nothing at this address' },
  method_not_allowed: { status: 405, message: 'This address does not answer that method' },
  payload_too_large: { status: 413, message: 'The request body is too large' },
  invalid_json: { status: 400, message: 'The request body must be valid JSON' },
  invalid_request: { status: 422, message: 'The request has invalid fields' },
  unknown_symbol: { status: 422, message: 'There is no instrument with this symbol' },
  empty_range: { status: 422, message: 'There are no candles in this range' },
  backtest_not_found: { status: 404, message: 'There is no such backtest' },
  backtest_not_cancellable: { status: 409, message: 'Only a queued or running backtest can be cancelled' },
  quota_exceeded: { status: 409, message: 'You have as many of these as you may have' },
  strategy_not_found: { status: 404, message: 'There is no such strategy' },
  strategy_in_use: { status: 409, message: 'A bot uses the strategy: give it another one first' },
  bot_not_stopped: { status: 409, message: 'The bot is running: stop it first' },
  bot_has_open_positions: { status: 409, message: 'The bot has open positions or orders: close them first' },
  invalid_transition: { status: 409, message: 'The status cannot change in this way' },
  rate_limited: { status: 429, message: 'Too many requests: try again later' },
  worker_failed: { status: 500, message: 'The worker failed' },
  internal_error: { status: 500, message: 'Something went wrong on our side' },
} as const satisfies Record<string, { status: number; message: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Whether a code, of the database for instance, is one of ours. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
}

/** One thing wrong with a request: where, as a dotted path, and what. */
export const ErrorDetail = z.strictObject({ path: z.string(), message: z.string() });
export type ErrorDetail = z.infer<typeof ErrorDetail>;

/** Body of every error response. */
export const ErrorBody = z.strictObject({
  code: z.custom<ErrorCode>(isErrorCode),
  message: z.string(),
  details: z.array(ErrorDetail).optional(),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
