import { BoundedMap } from '../limits/bounded-map.ts';
import type { OneTimeTokenKind } from './one-time-token.ts';

/** Of a million codes, the share that a stranger may try. */
const MOST_ATTEMPTS = 5;

/** Addresses and kinds that are counted at once; a code that was tried too often is void in the database too. */
const CAPACITY = 10_000;

/**
 * Counts the tries of a code that a person types, by the address that it went to. Hosted Auth counts by client only; its
 * tables have no column for this, so the count is kept in memory and begins anew with the server.
 */
export class CodeAttempts {
  readonly #counts = new BoundedMap<number>(CAPACITY);

  /**
   * Counts a try before it is made, so that tries at once count too. False when there were too many: then it must not be
   * made.
   */
  take(kind: OneTimeTokenKind, email: string): boolean {
    const key = `${kind} ${email}`;
    const count = this.#counts.get(key) ?? 0;
    if (count >= MOST_ATTEMPTS) return false;
    this.#counts.set(key, count + 1);
    return true;
  }

  /** Whether the last try was made: the code is to be voided. */
  isSpent(kind: OneTimeTokenKind, email: string): boolean {
    return (this.#counts.get(`${kind} ${email}`) ?? 0) >= MOST_ATTEMPTS;
  }

  /** A new code, or a right one. */
  reset(kind: OneTimeTokenKind, email: string): void {
    this.#counts.delete(`${kind} ${email}`);
  }
}
