import { checkPeriod } from './check-periods.ts';

/** Weight of the newest value in an exponential average of `period` bars: 2 / (period + 1). */
export function emaWeight(period: number): number {
  return 2 / (period + 1);
}

/**
 * Exponential moving average with weight 2 / (period + 1), started from the plain mean of the first `period` values,
 * as TA-Lib's EMA.
 *
 * @param values finite numbers, oldest first
 * @param period length in values, at least 1
 * @returns one number per value; NaN before index `period - 1`
 * @throws EngineError `invalid_params`
 */
export function ema(values: Float64Array, period: number): Float64Array<ArrayBuffer> {
  checkPeriod('period', period);
  const averages = new Float64Array(values.length).fill(NaN, 0, Math.min(period - 1, values.length));
  if (values.length < period) return averages;

  const weight = emaWeight(period);
  let average = meanOf(values, 0, period);
  averages[period - 1] = average;
  for (let i = period; i < values.length; i++) {
    average += ((values[i] ?? NaN) - average) * weight;
    averages[i] = average;
  }
  return averages;
}

/** Plain mean of `values[from..to)`: the seed of every exponential average here. */
export function meanOf(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i] ?? NaN;
  return sum / (to - from);
}
