import { columnAt, defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';
import { SlidingTrend } from './windows/sliding-trend.ts';

/** The weighted mean of the last `period` values, value by value; NaN before. */
export class WeightedAverage {
  readonly #window: SlidingTrend;
  readonly #totalWeight: number;

  constructor(period: number) {
    this.#window = new SlidingTrend(period);
    this.#totalWeight = (period * (period + 1)) / 2;
  }

  next(value: number): number {
    if (Number.isNaN(value) || !this.#window.push(value)) return NaN;
    return this.#window.shift + (this.#window.placedSum + this.#window.sum) / this.#totalWeight;
  }
}

/** Weighted moving average with weights 1 (the oldest) to `period`, as TA-Lib's WMA. */
export const WMA = defineIndicator({
  name: 'wma',
  description: 'Weighted moving average: weights 1, 2 ... period, the newest value has the largest',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 20)],
  outputs: ['wma'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const average = new WeightedAverage(bars);
    return (bar, out) => {
      out[0] = average.next(bar[0] as number);
    };
  },
});

/**
 * Hull moving average (Alan Hull): WMA of length floor(sqrt(period)) of 2 * WMA(floor(period / 2)) - WMA(period).
 */
export const HMA = defineIndicator({
  name: 'hma',
  description: 'Hull moving average: WMA over sqrt(period) of 2 WMA(period / 2) - WMA(period), lengths rounded down',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 16, 2)],
  outputs: ['hma'],
  firstIndex: (bars: number) => bars + Math.floor(Math.sqrt(bars)) - 2,

  begin(bars: number) {
    const half = new WeightedAverage(Math.floor(bars / 2));
    const whole = new WeightedAverage(bars);
    const smoothed = new WeightedAverage(Math.floor(Math.sqrt(bars)));
    return (bar, out) => {
      const value = bar[0] as number;
      out[0] = smoothed.next(2 * half.next(value) - whole.next(value));
    };
  },
});

/**
 * The column of `WMA`.
 *
 * @returns one number per value; NaN before index `period - 1`
 * @throws EngineError `invalid_params`
 */
export function wma(values: Float64Array, period: number): Float64Array {
  return columnAt(WMA.compute([values], [period]), 0);
}
