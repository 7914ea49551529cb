import type { ErrorCode } from '@tradebase/contracts';

/** Codes that the runner has itself, beside those of the server. */
export type RunnerErrorCode =
  | ErrorCode
  | 'state_dir_in_use'
  | 'state_dir_unusable'
  | 'invalid_publishable_key'
  | 'network_unreachable'
  | 'timed_out'
  | 'unexpected_answer'
  | 'run_stopped'
  | 'runner_stopped'
  | 'live_not_supported'
  | 'invalid_config'
  | 'invalid_option'
  | 'insecure_url'
  | 'no_candles'
  | 'token_expired'
  | 'not_held'
  | 'unknown_command';

/** What went wrong, by a code from the table of errors, or one of the runner's own. */
export class RunnerError extends Error {
  readonly code: string;
  /** HTTP status of the server's answer; absent where there was none. */
  readonly status: number | undefined;
  /** What would put it right, for people. */
  readonly fix: string | undefined;

  constructor(
    code: RunnerErrorCode | (string & {}),
    message: string,
    more: { status?: number; fix?: string; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'RunnerError';
    this.code = code;
    this.status = more.status;
    this.fix = more.fix;
  }
}
