import { defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';
import { GainsAndLosses } from './rsi.ts';
import { SimpleAverage } from './windows/simple-average.ts';
import { SlidingExtreme } from './windows/sliding-extreme.ts';

/** Where the value lies between the extremes of a window, 0 to 100; 0 where they are one, as in TA-Lib. */
class RangePosition {
  readonly #highest: SlidingExtreme;
  readonly #lowest: SlidingExtreme;

  constructor(period: number) {
    this.#highest = SlidingExtreme.highest(period);
    this.#lowest = SlidingExtreme.lowest(period);
  }

  /** NaN until the window is full. */
  next(high: number, low: number, value: number): number {
    const highest = this.#highest.next(high);
    const lowest = this.#lowest.next(low);
    return highest === lowest ? 0 : (100 * (value - lowest)) / (highest - lowest);
  }
}

/**
 * Slow stochastic (Lane), as TA-Lib's STOCH with simple averages: k is the mean of the last `k_smoothing` positions of the
 * close in the range of `k_period` bars, d the mean of the last `d_period` k. With `k_smoothing` 1, the fast stochastic.
 */
export const STOCHASTIC = defineIndicator({
  name: 'stoch',
  description: 'Slow stochastic, 0 to 100: smoothed position of the close in the range of k_period bars, and its mean',
  inputs: [],
  candle_inputs: ['high', 'low', 'close'],
  params: [period('k_period', 14), period('k_smoothing', 3), period('d_period', 3)],
  outputs: ['k', 'd'],
  firstIndex: (kBars: number, smoothing: number, dBars: number) => kBars + smoothing + dBars - 3,

  begin(kBars: number, smoothing: number, dBars: number) {
    const position = new RangePosition(kBars);
    const slowK = new SimpleAverage(smoothing);
    const slowD = new SimpleAverage(dBars);
    return (bar, out) => {
      const k = slowK.next(position.next(bar[0] as number, bar[1] as number, bar[2] as number));
      out[0] = k;
      out[1] = slowD.next(k);
    };
  },
});

/**
 * Stochastic RSI (Chande and Kroll): the slow stochastic of the RSI. With the default `k_smoothing` of 1 it is TA-Lib's
 * STOCHRSI with simple averages.
 */
export const STOCH_RSI = defineIndicator({
  name: 'stoch_rsi',
  description: 'Stochastic RSI, 0 to 100: position of the RSI in its own range of k_period bars, and its mean',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('rsi_period', 14), period('k_period', 14), period('k_smoothing', 1), period('d_period', 3)],
  outputs: ['k', 'd'],
  firstIndex: (rsiBars: number, kBars: number, smoothing: number, dBars: number) =>
    rsiBars + kBars + smoothing + dBars - 3,

  begin(rsiBars: number, kBars: number, smoothing: number, dBars: number) {
    const averages = new GainsAndLosses(rsiBars);
    const position = new RangePosition(kBars);
    const slowK = new SimpleAverage(smoothing);
    const slowD = new SimpleAverage(dBars);
    return (bar, out) => {
      averages.push(bar[0] as number);
      const strength = averages.strength;
      const k = slowK.next(position.next(strength, strength, strength));
      out[0] = k;
      out[1] = slowD.next(k);
    };
  },
});

/** Williams %R, -100 to 0, as TA-Lib's WILLR; 0 where the window is flat. */
export const WILLIAMS_R = defineIndicator({
  name: 'williams_r',
  description: 'Williams %R, -100 to 0: distance of the close from the highest high in the range of period bars',
  inputs: [],
  candle_inputs: ['high', 'low', 'close'],
  params: [period('period', 14)],
  outputs: ['williams_r'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const highest = SlidingExtreme.highest(bars);
    const lowest = SlidingExtreme.lowest(bars);
    return (bar, out) => {
      const top = highest.next(bar[0] as number);
      const bottom = lowest.next(bar[1] as number);
      out[0] = top === bottom ? 0 : (-100 * (top - (bar[2] as number))) / (top - bottom);
    };
  },
});

/** Where the newest value lies between the extremes of its window, 0 to 100; 0 where they are one. Of volatilities: IV rank. */
export const IV_RANK = defineIndicator({
  name: 'iv_rank',
  description: 'IV rank, 0 to 100: position of the value between the lowest and highest of the last period values',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 252)],
  outputs: ['iv_rank'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const position = new RangePosition(bars);
    return (bar, out) => {
      const value = bar[0] as number;
      out[0] = position.next(value, value, value);
    };
  },
});

/** Share of the `period` values before that are lower than the newest, in percent. Of volatilities: IV percentile. */
export const IV_PERCENTILE = defineIndicator({
  name: 'iv_percentile',
  description: 'IV percentile, 0 to 100: share of the period values before that are lower than this one',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 252)],
  outputs: ['iv_percentile'],
  firstIndex: (bars: number) => bars,

  begin(bars: number) {
    const before = new Float64Array(bars).fill(NaN);
    let place = 0;
    return (bar, out) => {
      const value = bar[0] as number;
      let lower = 0;
      for (let i = 0; i < bars; i++) if ((before[i] as number) < value) lower++;
      out[0] = (100 * lower) / bars;
      before[place] = value;
      place = place + 1 === bars ? 0 : place + 1;
    };
  },
});
