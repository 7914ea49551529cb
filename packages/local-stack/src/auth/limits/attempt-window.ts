import { AuthError } from '../requests/auth-error.ts';

/** Keys that are remembered at most; those whose last attempt is oldest leave first. */
const MAX_KEYS = 10_000;

/** Lets each key make so many attempts in any stretch of time. What it knows ends with the process. */
export class AttemptWindow {
  readonly #limit: number;
  readonly #windowMs: number;
  /** Times of a key's attempts, oldest first; the keys in the order of their last ones. */
  readonly #attempts = new Map<string, number[]>();

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Notes an attempt before it is judged, so that those made at once count too. Refuses one too many. */
  take(key: string, now: Date): void {
    const since = now.getTime() - this.#windowMs;
    const recent = (this.#attempts.get(key) ?? []).filter((time) => time > since);
    if (recent.length >= this.#limit) {
      throw new AuthError(429, 'over_request_rate_limit', 'Request rate limit reached');
    }
    this.#attempts.delete(key);
    this.#attempts.set(key, [...recent, now.getTime()]);
    if (this.#attempts.size > MAX_KEYS) this.#forgetOldest();
  }

  /** Takes an attempt back that turned out not to count. */
  giveBack(key: string, takenAt: Date): void {
    const times = this.#attempts.get(key);
    const index = times?.indexOf(takenAt.getTime()) ?? -1;
    if (times && index >= 0) this.#attempts.set(key, times.toSpliced(index, 1));
  }

  #forgetOldest(): void {
    const oldest = this.#attempts.keys().next().value;
    if (oldest !== undefined) this.#attempts.delete(oldest);
  }
}
