/**
 * An exponential average that starts from the plain mean of its first `period` values, bar by bar:
 * `average += (value - average) * weight`. NaN until there are as many; a NaN before that is passed over.
 */
export class ExponentialAverage {
  readonly #period: number;
  readonly #weight: number;
  #count = 0;
  #sum = 0;
  #average = NaN;

  constructor(period: number, weight: number) {
    this.#period = period;
    this.#weight = weight;
  }

  /** Weight 2 / (period + 1). */
  static ema(period: number): ExponentialAverage {
    return new ExponentialAverage(period, 2 / (period + 1));
  }

  /** Weight 1 / period. */
  static wilder(period: number): ExponentialAverage {
    return new ExponentialAverage(period, 1 / period);
  }

  next(value: number): number {
    if (this.#count === this.#period) {
      this.#average += (value - this.#average) * this.#weight;
    } else if (!Number.isNaN(value)) {
      this.#sum += value;
      this.#count++;
      if (this.#count === this.#period) this.#average = this.#sum / this.#period;
    }
    return this.#average;
  }
}
