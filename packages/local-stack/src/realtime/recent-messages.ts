/** How long a transaction may have been open when it commits and still be caught up with after a lost connection. */
const WINDOW_MS = 2 * 60_000;
const MAX_MESSAGES = 200_000;

/**
 * The messages of the last two minutes: which have been sent, and from when on one could be missing. A row bears the
 * time at which its transaction began, so that rows of before the newest one may be committed after it.
 */
export class RecentMessages {
  /** In the order they were sent, with the times of their rows in milliseconds. */
  readonly #sent = new Map<string, number>();
  #newestAt: number;
  #forgottenAt = 0;

  /** @param now Nothing that was committed before this time is missing, in milliseconds since 1970. */
  constructor(now: number) {
    this.#newestAt = now;
    this.#forgottenAt = now - WINDOW_MS;
  }

  /** Rows inserted at this time or later that are not known here have been missed, in milliseconds since 1970. */
  get since(): number {
    return Math.max(this.#forgottenAt, this.#newestAt - WINDOW_MS);
  }

  /** Notes a message; false where it is here already. */
  note(id: string, insertedAt: number): boolean {
    if (this.#sent.has(id)) return false;
    this.#sent.set(id, insertedAt);
    this.#newestAt = Math.max(this.#newestAt, insertedAt);
    this.#forget();
    return true;
  }

  #forget(): void {
    for (const [id, insertedAt] of this.#sent) {
      const full = this.#sent.size > MAX_MESSAGES;
      if (!full && insertedAt >= this.#newestAt - WINDOW_MS) return;
      // What no longer fits is no longer caught up with either: rather a message less than one twice.
      if (full) this.#forgottenAt = Math.max(this.#forgottenAt, insertedAt + 1);
      this.#sent.delete(id);
    }
  }
}
