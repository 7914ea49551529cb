import { SlidingMean } from '../sliding-mean.ts';
import { PastValues } from './past-values.ts';

/** The mean of the last `period` values, value by value: the bits of `sma`. NaN before, a NaN before that is passed over. */
export class SimpleAverage {
  readonly #window: SlidingMean;
  readonly #past: PastValues;

  constructor(period: number) {
    this.#window = new SlidingMean(period, new Float64Array(period), period);
    this.#past = new PastValues(period);
    this.#missing = period;
  }

  #missing: number;

  next(value: number): number {
    if (Number.isNaN(value)) return NaN;
    const leaving = this.#past.push(value);
    if (this.#missing === 0) return this.#window.slide(value, leaving);
    this.#missing--;
    const mean = this.#window.slide(value, 0);
    return this.#missing === 0 ? mean : NaN;
  }
}
