import { columnAt, defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';
import { ExponentialAverage } from './windows/exponential-average.ts';

/** Weight of the newest value in an exponential average of `period` bars: 2 / (period + 1). */
export function emaWeight(period: number): number {
  return 2 / (period + 1);
}

/** Plain mean of `values[from..to)`: the seed of every exponential average here. */
export function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i] ?? NaN;
  return sum / (to - from);
}

/** Writes the exponential average that starts from the mean of the first `period` values, from `period - 1` on. */
function fillAverage(values: Float64Array, averages: Float64Array, period: number, weight: number): void {
  let average = meanOf(values, 0, period);
  averages[period - 1] = average;
  for (let i = period; i < values.length; i++) {
    average += ((values[i] as number) - average) * weight;
    averages[i] = average;
  }
}

/** Exponential moving average, started from the plain mean of the first `period` values, as TA-Lib's EMA. */
export const EMA = defineIndicator({
  name: 'ema',
  description: 'Exponential moving average with weight 2 / (period + 1), started from a plain mean',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 20)],
  outputs: ['ema'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const average = ExponentialAverage.ema(bars);
    return (bar, out) => {
      out[0] = average.next(bar[0] as number);
    };
  },

  fill(inputs, outputs, bars: number) {
    fillAverage(columnAt(inputs, 0), columnAt(outputs, 0), bars, emaWeight(bars));
  },
});

/** Wilder's moving average: an exponential one with weight 1 / period, as inside of TA-Lib's RSI and ATR. */
export const RMA = defineIndicator({
  name: 'rma',
  description: "Wilder's moving average: exponential with weight 1 / period, started from a plain mean",
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 14)],
  outputs: ['rma'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const average = ExponentialAverage.wilder(bars);
    return (bar, out) => {
      out[0] = average.next(bar[0] as number);
    };
  },

  fill(inputs, outputs, bars: number) {
    fillAverage(columnAt(inputs, 0), columnAt(outputs, 0), bars, 1 / bars);
  },
});

/**
 * Exponential moving average with weight 2 / (period + 1), started from the plain mean of the first `period` values,
 * as TA-Lib's EMA. Begins anew after a value that is not finite.
 *
 * @param values oldest first
 * @param period length in values, at least 1
 * @returns one number per value; NaN before index `period - 1`
 * @throws EngineError `invalid_params`
 */
export function ema(values: Float64Array, period: number): Float64Array {
  return columnAt(EMA.compute([values], [period]), 0);
}
