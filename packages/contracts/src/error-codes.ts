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
  study_not_found: { status: 404, message: 'There is no such study' },
  study_not_cancellable: { status: 409, message: 'Only a queued or running study can be cancelled' },
  second_factor_required: {
    status: 403,
    message: 'Show your second factor in this session first; enrol one if you have none',
  },
  invalid_recovery_code: { status: 422, message: 'This recovery code is wrong, used or expired' },
  recovery_not_needed: { status: 409, message: 'This session needs no recovery code' },
  invalid_link_code: { status: 422, message: 'This code is wrong, used or expired: ask for a new one' },
  account_already_linked: { status: 409, message: 'This account is linked to another user' },
  session_not_found: { status: 404, message: 'You have no such session' },
  user_not_found: { status: 404, message: 'There is no such user' },
  unknown_plan: { status: 422, message: 'There is no such plan' },
  last_admin: { status: 409, message: 'This is the last admin: make another one first' },
  api_key_not_found: { status: 404, message: 'There is no such API key' },
  invalid_api_key: { status: 401, message: 'The API key is unknown, revoked or expired, or does not allow this' },
  ip_not_allowed: { status: 403, message: 'The API key is not accepted from this address' },
  quota_exceeded: { status: 409, message: 'You have as many of these as you may have' },
  credential_not_found: { status: 404, message: 'There is no such credential' },
  credential_name_taken: { status: 409, message: 'You have a credential with this name already' },
  credential_disabled: { status: 409, message: 'The credential is disabled: enable it first' },
  encryption_unavailable: {
    status: 503,
    message: 'There is no encryption key yet: the operator makes one with "npm run keys -- generate"',
  },
  strategy_not_found: { status: 404, message: 'There is no such strategy' },
  strategy_name_taken: { status: 409, message: 'You have a strategy with this name already' },
  strategy_in_use: { status: 409, message: 'A bot uses the strategy: give it another one first' },
  credential_in_use: { status: 409, message: 'A bot trades with the credential: give it another one first' },
  bot_not_stopped: { status: 409, message: 'The bot is running: stop it first' },
  bot_has_open_positions: { status: 409, message: 'The bot has open positions or orders: close them first' },
  bot_not_found: { status: 404, message: 'There is no such bot' },
  bot_name_taken: { status: 409, message: 'You have a bot with this name already' },
  bot_not_startable: { status: 409, message: 'Only a stopped bot, or one with an error, can be started' },
  bot_not_running: { status: 409, message: 'The bot is not running' },
  live_caps_required: { status: 422, message: 'A LIVE bot needs a credential, risk_per_trade and daily_risk_cap' },
  recent_factor_required: {
    status: 403,
    message: 'Show your second factor again: it must have been shown within the last 15 minutes',
  },
  trading_halted: { status: 409, message: 'An emergency stop is engaged: release it first' },
  halt_not_found: { status: 404, message: 'There is no such emergency stop' },
  run_not_found: { status: 404, message: 'There is no such run' },
  position_not_found: { status: 404, message: 'There is no such position' },
  no_runner_connected: { status: 409, message: 'No runner is connected: start one with an API key' },
  runner_not_found: { status: 404, message: 'There is no such runner session' },
  runner_not_connected: { status: 401, message: 'The runner session is over: authenticate again' },
  runner_superseded: {
    status: 401,
    message: 'The same machine has connected again with this key: this connection is over',
  },
  stale_lease: {
    status: 409,
    message: 'The bot has been taken over or given back: stop it here and write nothing more for it',
  },
  invalid_order: { status: 422, message: 'The order is none that could be placed' },
  nothing_to_reduce: { status: 409, message: 'There is no open position that the order would reduce' },
  duplicate_client_order_id: { status: 409, message: 'The bot has another order of this name' },
  command_not_found: { status: 404, message: 'There is no such command' },
  clock_skew: { status: 422, message: "The runner's clock is too far from the server's: set it right" },
  signing_key_unavailable: {
    status: 503,
    message: 'The function runner has no signing key: the operator sets RUNNER_SIGNING_KEY',
  },
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
