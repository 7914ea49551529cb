/** Counts events, and tells whether more of them came in the last seconds than are allowed on average. */
export class EventRate {
  readonly #allowed: number;
  /** Events of each second of the window; the second `s` is at `s % length`. */
  readonly #counts: number[];
  #second: number;
  #sum = 0;

  constructor(perSecond: number, windowSeconds: number) {
    this.#allowed = perSecond * windowSeconds;
    this.#counts = Array.from({ length: windowSeconds }, () => 0);
    this.#second = currentSecond();
  }

  /** Counts events, and answers whether they are still allowed; those that are not are not counted. */
  take(events = 1): boolean {
    this.#forget();
    if (this.#sum + events > this.#allowed) return false;
    const slot = this.#second % this.#counts.length;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + events;
    this.#sum += events;
    return true;
  }

  /** Empties the seconds that have left the window. */
  #forget(): void {
    const now = currentSecond();
    const passed = Math.min(now - this.#second, this.#counts.length);
    for (let step = 1; step <= passed; step++) {
      const slot = (this.#second + step) % this.#counts.length;
      this.#sum -= this.#counts[slot] ?? 0;
      this.#counts[slot] = 0;
    }
    this.#second = Math.max(now, this.#second);
  }
}

/** Of a clock that does not jump. */
function currentSecond(): number {
  return Math.floor(performance.now() / 1000);
}
