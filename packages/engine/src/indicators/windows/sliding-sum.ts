/**
 * The sum of the last `period` values.
 *
 * Nothing is ever subtracted: the series is cut into blocks of `period` values, and a window is the end of one block (its
 * sums are made, from the back, when the block is full) and the beginning of the next. So a value is forgotten without a
 * trace when it leaves, nothing drifts, and zeros add up to 0.
 */
export class SlidingSum {
  readonly #period: number;
  readonly #block: Float64Array;
  /** Sums of the block before: from each position to its end. */
  readonly #ends: Float64Array;
  #position = 0;
  #beginning = 0;
  #full = false;

  constructor(period: number) {
    this.#period = period;
    this.#block = new Float64Array(period);
    this.#ends = new Float64Array(period + 1);
  }

  /** Adds a value and returns the sum; NaN until there are `period` values, a NaN before that is passed over. */
  next(value: number): number {
    if (Number.isNaN(value)) return NaN;
    this.#block[this.#position] = value;
    this.#position++;
    this.#beginning += value;
    const sum = (this.#ends[this.#position] as number) + this.#beginning;
    if (this.#position === this.#period) this.#turn();
    return this.#full ? sum : NaN;
  }

  #turn(): void {
    let sum = 0;
    for (let i = this.#period - 1; i >= 0; i--) {
      sum += this.#block[i] as number;
      this.#ends[i] = sum;
    }
    this.#position = 0;
    this.#beginning = 0;
    this.#full = true;
  }
}
