import { AuthError } from '../requests/auth-error.ts';

/** A 429, and how long to wait. */
export class TooManyRequests extends AuthError {
  readonly retryAfterSeconds: number;

  constructor(code: 'over_request_rate_limit' | 'over_email_send_rate_limit', message: string, waitMs: number) {
    super(429, code, message);
    this.retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  }
}
