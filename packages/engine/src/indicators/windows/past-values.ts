/** Remembers the last `bars` values. */
export class PastValues {
  readonly #ring: Float64Array;
  #position = 0;

  constructor(bars: number) {
    this.#ring = new Float64Array(bars).fill(NaN);
  }

  /** Adds a value and returns the one of `bars` values before it; NaN while there is none. */
  push(value: number): number {
    const before = this.#ring[this.#position] as number;
    this.#ring[this.#position] = value;
    this.#position++;
    if (this.#position === this.#ring.length) this.#position = 0;
    return before;
  }
}
