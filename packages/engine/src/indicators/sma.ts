import { checkPeriod } from './check-periods.ts';
import { SlidingMean } from './sliding-mean.ts';

/**
 * Simple moving average: the mean of the last `period` values, as TA-Lib's SMA.
 *
 * @param values finite numbers, oldest first
 * @param period length of the window in values, at least 1
 * @returns one number per value; NaN before index `period - 1`
 * @throws EngineError `invalid_params`
 */
export function sma(values: Float64Array, period: number): Float64Array<ArrayBuffer> {
  checkPeriod('period', period);
  const averages = new Float64Array(values.length).fill(NaN, 0, Math.min(period - 1, values.length));
  if (values.length < period) return averages;

  const window = new SlidingMean(period, values, period);
  averages[period - 1] = window.mean;
  for (let i = period; i < values.length; i++) {
    averages[i] = window.slide(values[i] ?? NaN, values[i - period] ?? NaN);
  }
  return averages;
}
