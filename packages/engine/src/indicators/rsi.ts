import { checkPeriod } from './check-periods.ts';

/**
 * Relative strength index (Wilder), 0 to 100: the average gain over the sum of average gain and average loss. Both are
 * Wilder averages that start from the plain mean of the first `period` changes, as in TA-Lib's RSI.
 *
 * Where price has never moved the ratio is 0 / 0 and the value is 0, as in TA-Lib. TA-Lib also says 0 once the two
 * averages together fall below 1e-14; that makes the value depend on the currency unit, so it is not copied here.
 *
 * @param values finite numbers, oldest first
 * @param period number of changes in the average, at least 1
 * @returns one number per value; NaN before index `period`
 * @throws EngineError `invalid_params`
 */
export function rsi(values: Float64Array, period: number): Float64Array<ArrayBuffer> {
  checkPeriod('period', period);
  const strengths = new Float64Array(values.length).fill(NaN, 0, Math.min(period, values.length));
  if (values.length <= period) return strengths;

  let gains = 0;
  let losses = 0;
  for (let i = 1; i <= period; i++) {
    const change = (values[i] ?? NaN) - (values[i - 1] ?? NaN);
    if (change > 0) gains += change;
    else losses -= change;
  }
  let averageGain = gains / period;
  let averageLoss = losses / period;
  strengths[period] = strength(averageGain, averageLoss);

  const weight = 1 / period;
  for (let i = period + 1; i < values.length; i++) {
    const change = (values[i] ?? NaN) - (values[i - 1] ?? NaN);
    averageGain += (Math.max(change, 0) - averageGain) * weight;
    averageLoss += (Math.max(-change, 0) - averageLoss) * weight;
    strengths[i] = strength(averageGain, averageLoss);
  }
  return strengths;
}

function strength(averageGain: number, averageLoss: number): number {
  const total = averageGain + averageLoss;
  return total === 0 ? 0 : (100 * averageGain) / total;
}
