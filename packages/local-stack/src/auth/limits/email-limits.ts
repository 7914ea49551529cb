import type { OneTimeTokenKind } from '../codes/one-time-token.ts';
import { BoundedMap } from './bounded-map.ts';
import { TooManyRequests } from './too-many-requests.ts';

const HOUR_MS = 3_600_000;
const CAPACITY = 10_000;

/** How often an address gets e-mails (`max_frequency`), and how many all addresses get together (`email_sent`). */
export class EmailLimits {
  readonly #maxFrequencyMs: number;
  readonly #perHour: number;
  readonly #now: () => Date;
  readonly #unsent = new BoundedMap<Date>(CAPACITY);
  #hourBegan: number;
  #sent = 0;

  constructor(limits: { maxFrequencyMs: number; perHour?: number | undefined }, now: () => Date) {
    this.#maxFrequencyMs = limits.maxFrequencyMs;
    this.#perHour = limits.perHour ?? Number.POSITIVE_INFINITY;
    this.#now = now;
    this.#hourBegan = now().getTime();
  }

  /** Counts an e-mail that is about to be sent; refuses one too many, or too soon after the last of its kind. */
  count(lastSentAt: Date | null): void {
    this.#checkFrequency(lastSentAt);
    const waitMs = this.#waitForQuota();
    if (waitMs > 0) throw new TooManyRequests('over_email_send_rate_limit', 'email rate limit exceeded', waitMs);
    this.#sent += 1;
  }

  /** Counts a notice; false when there is no room for it: what it tells of must not fail for that. */
  countNotice(): boolean {
    if (this.#waitForQuota() > 0) return false;
    this.#sent += 1;
    return true;
  }

  /** Refuses as `count` would, where nothing is sent: or whoever asks twice would learn that nobody has the address. */
  countUnsent(kind: OneTimeTokenKind, email: string): void {
    const key = `${kind} ${email}`;
    this.#checkFrequency(this.#unsent.get(key) ?? null);
    const waitMs = this.#waitForQuota();
    if (waitMs > 0) throw new TooManyRequests('over_email_send_rate_limit', 'email rate limit exceeded', waitMs);
    this.#unsent.set(key, this.#now());
  }

  #checkFrequency(lastSentAt: Date | null): void {
    const waitMs = lastSentAt ? lastSentAt.getTime() + this.#maxFrequencyMs - this.#now().getTime() : 0;
    if (waitMs <= 0) return;
    const message = `For security purposes, you can only request this after ${Math.floor(waitMs / 1000)} seconds.`;
    throw new TooManyRequests('over_email_send_rate_limit', message, waitMs);
  }

  #waitForQuota(): number {
    const now = this.#now().getTime();
    const hours = Math.floor((now - this.#hourBegan) / HOUR_MS);
    if (hours > 0) {
      this.#hourBegan += hours * HOUR_MS;
      this.#sent = 0;
    }
    return this.#sent < this.#perHour ? 0 : this.#hourBegan + HOUR_MS - now;
  }
}
