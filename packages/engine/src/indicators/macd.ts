import { checkFastBelowSlow, checkPeriod } from './check-periods.ts';
import { emaWeight, meanOf } from './ema.ts';

/** The three MACD columns; all are NaN before index `slow + signal - 2`. */
export interface MacdColumns {
  /** Fast EMA minus slow EMA. */
  readonly macd: Float64Array<ArrayBuffer>;
  /** EMA of the MACD line. */
  readonly signal: Float64Array<ArrayBuffer>;
  /** MACD line minus signal line. */
  readonly histogram: Float64Array<ArrayBuffer>;
}

export interface MacdPeriods {
  readonly fast: number;
  readonly slow: number;
  readonly signal: number;
}

/** Index of the first value that `macd` gives. */
export function firstMacdIndex({ slow, signal }: MacdPeriods): number {
  return slow + signal - 2;
}

/**
 * Moving average convergence/divergence, as TA-Lib's MACD: both averages start at index `slow - 1`, the fast one from
 * the mean of its own last `fast` values there; the signal line starts from the mean of the first `signal` values of
 * the MACD line.
 *
 * @param values finite numbers, oldest first
 * @throws EngineError `invalid_params` unless all periods are whole numbers of at least 1 and fast < slow
 */
export function macd(values: Float64Array, periods: MacdPeriods): MacdColumns {
  const { fast, slow, signal } = periods;
  checkFastBelowSlow(fast, slow);
  checkPeriod('signal', signal);

  const length = values.length;
  const first = firstMacdIndex(periods);
  const columns: MacdColumns = {
    macd: new Float64Array(length).fill(NaN, 0, Math.min(first, length)),
    signal: new Float64Array(length).fill(NaN, 0, Math.min(first, length)),
    histogram: new Float64Array(length).fill(NaN, 0, Math.min(first, length)),
  };
  if (length <= first) return columns;

  const fastWeight = emaWeight(fast);
  const slowWeight = emaWeight(slow);
  const signalWeight = emaWeight(signal);
  let fastAverage = meanOf(values, slow - fast, slow);
  let slowAverage = meanOf(values, 0, slow);
  let line = fastAverage - slowAverage;
  let seedSum = line;
  for (let i = slow; i <= first; i++) {
    const value = values[i] ?? NaN;
    fastAverage += (value - fastAverage) * fastWeight;
    slowAverage += (value - slowAverage) * slowWeight;
    line = fastAverage - slowAverage;
    seedSum += line;
  }
  let signalAverage = seedSum / signal;
  columns.macd[first] = line;
  columns.signal[first] = signalAverage;
  columns.histogram[first] = line - signalAverage;

  for (let i = first + 1; i < length; i++) {
    const value = values[i] ?? NaN;
    fastAverage += (value - fastAverage) * fastWeight;
    slowAverage += (value - slowAverage) * slowWeight;
    line = fastAverage - slowAverage;
    signalAverage += (line - signalAverage) * signalWeight;
    columns.macd[i] = line;
    columns.signal[i] = signalAverage;
    columns.histogram[i] = line - signalAverage;
  }
  return columns;
}
