import type { RateLimitConfig } from '../../config/stack-config.ts';
import { requestOrigin } from '../requests/request-origin.ts';
import { TokenBuckets } from './token-buckets.ts';
import { TooManyRequests } from './too-many-requests.ts';

/** What any client may ask at once, on hosted. */
const BURST = 30;
const FIVE_MINUTES_MS = 300_000;
const MINUTE_MS = 60_000;
/** Hosted Auth's default; config.toml has no name for it. */
const FACTOR_RATE = 15;

/** Requests with a bucket each: what one uses up leaves the others alone. */
export type LimitedRequest =
  | 'factor_challenge'
  | 'factor_verify'
  | 'magiclink'
  | 'otp'
  | 'recover'
  | 'resend'
  | 'signup'
  | 'token'
  | 'user'
  | 'verify';

/** How often one client, by its address, may ask what. */
export class RequestLimits {
  readonly #buckets: Readonly<Record<LimitedRequest, TokenBuckets>>;
  readonly #now: () => Date;

  constructor({ tokenRefresh, signInSignUps, tokenVerifications }: RateLimitConfig, now: () => Date) {
    const perFiveMinutes = (rate: number) => new TokenBuckets({ burst: BURST, rate, perMs: FIVE_MINUTES_MS });
    const perMinute = (rate: number) => new TokenBuckets({ burst: BURST, rate, perMs: MINUTE_MS });
    this.#now = now;
    this.#buckets = {
      token: perFiveMinutes(tokenRefresh),
      verify: perFiveMinutes(tokenVerifications),
      signup: perFiveMinutes(signInSignUps),
      otp: perFiveMinutes(signInSignUps),
      magiclink: perFiveMinutes(signInSignUps),
      recover: perFiveMinutes(signInSignUps),
      resend: perFiveMinutes(signInSignUps),
      user: perFiveMinutes(signInSignUps),
      factor_challenge: perMinute(FACTOR_RATE),
      factor_verify: perMinute(FACTOR_RATE),
    };
  }

  /** Counts a request of the client that sent it, and refuses one too many. */
  count(name: LimitedRequest, request: Request): void {
    const waitMs = this.#buckets[name].take(requestOrigin(request).ip ?? '', this.#now());
    if (waitMs > 0) throw new TooManyRequests('over_request_rate_limit', 'Request rate limit reached', waitMs);
  }
}
