import { ERROR_CODES, type ErrorBody, type ErrorCode, type ErrorDetail } from '@tradebase/contracts';

export interface ApiErrorOptions {
  /** Says more than the code's usual message; shown to the caller. */
  readonly message?: string;
  readonly details?: ErrorDetail[];
  /** Seconds after which the same request may be answered; told in the header `retry-after`. */
  readonly retryAfter?: number;
  /** What really happened; logged, never shown. */
  readonly cause?: unknown;
}

/** An error with a code of the one table, which decides its HTTP status. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;
  readonly details: ErrorDetail[] | undefined;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, options: ApiErrorOptions = {}) {
    super(options.message ?? ERROR_CODES[code].message, { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.retryAfter = options.retryAfter;
  }

  get status() {
    return ERROR_CODES[this.code].status;
  }

  toBody(): ErrorBody {
    const { code, message, details } = this;
    return details ? { code, message, details } : { code, message };
  }
}
