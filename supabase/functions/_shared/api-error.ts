import { ERROR_CODES, type ErrorBody, type ErrorCode, type ErrorDetail } from '@tradebase/contracts';

export interface ApiErrorOptions {
  /** Says more than the code's usual message; shown to the caller. */
  readonly message?: string;
  readonly details?: ErrorDetail[];
  /** What really happened; logged, never shown. */
  readonly cause?: unknown;
}

/** An error with a code of the one table, which decides its HTTP status. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;
  readonly details: ErrorDetail[] | undefined;

  constructor(code: ErrorCode, options: ApiErrorOptions = {}) {
    super(options.message ?? ERROR_CODES[code].message, { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }

  get status() {
    return ERROR_CODES[this.code].status;
  }

  toBody(): ErrorBody {
    const { code, message, details } = this;
    return details ? { code, message, details } : { code, message };
  }
}
