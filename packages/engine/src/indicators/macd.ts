import { columnAt, defineIndicator } from './define-indicator.ts';
import { emaWeight, meanOf } from './ema.ts';
import { checkAscending, period } from './parameters.ts';
import { ExponentialAverage } from './windows/exponential-average.ts';

/** The three MACD columns; all are NaN before index `slow + signal - 2`. */
export interface MacdColumns {
  /** Fast EMA minus slow EMA. */
  readonly macd: Float64Array;
  /** EMA of the MACD line. */
  readonly signal: Float64Array;
  /** MACD line minus signal line. */
  readonly histogram: Float64Array;
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

/** Fast less slow exponential average, both from value `slow` on; the fast one is seeded with the last values before. */
export class AverageDifference {
  readonly #fast: ExponentialAverage;
  readonly #slow: ExponentialAverage;
  #skip: number;
  fast = NaN;
  slow = NaN;

  constructor(fast: number, slow: number) {
    this.#fast = ExponentialAverage.ema(fast);
    this.#slow = ExponentialAverage.ema(slow);
    this.#skip = slow - fast;
  }

  push(value: number): void {
    if (this.#skip > 0) this.#skip--;
    else this.fast = this.#fast.next(value);
    this.slow = this.#slow.next(value);
  }
}

/**
 * Moving average convergence/divergence, as TA-Lib's MACD: both averages start at index `slow - 1`, the fast one from
 * the mean of its own last `fast` values there; the signal line starts from the mean of the first `signal` values of
 * the MACD line.
 *
 * A line, or a distance of line and signal, of no more than `(slow + signal) * EPSILON * |value|` is the rounding of the
 * averages (each carries about as many roundings as it has bars) and is 0 exactly: signal equals line there, so that a
 * market that never moves, or moves along a straight ramp, crosses nothing.
 */
export const MACD = defineIndicator({
  name: 'macd',
  description: 'MACD: fast less slow exponential average, its own exponential average, and their difference',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('fast', 12), period('slow', 26), period('signal', 9)],
  outputs: ['macd', 'signal', 'histogram'],
  firstIndex: (fast: number, slow: number, signal: number) => firstMacdIndex({ fast, slow, signal }),
  check: (fast: number, slow: number) => checkAscending({ fast, slow }),

  begin(fast: number, slow: number, signal: number) {
    const averages = new AverageDifference(fast, slow);
    const signalAverage = ExponentialAverage.ema(signal);
    const rounding = (slow + signal) * Number.EPSILON;
    return (bar, out) => {
      const value = bar[0] as number;
      averages.push(value);
      const tolerance = Math.abs(value) * rounding;
      const line = unlessRounding(averages.fast - averages.slow, tolerance);
      const average = signalAverage.next(line);
      const histogram = unlessRounding(line - average, tolerance);
      out[0] = line;
      out[1] = histogram === 0 ? line : average;
      out[2] = histogram;
    };
  },

  fill(inputs, outputs, fast: number, slow: number, signal: number) {
    const values = columnAt(inputs, 0);
    const lines = columnAt(outputs, 0);
    const signals = columnAt(outputs, 1);
    const histograms = columnAt(outputs, 2);
    const first = firstMacdIndex({ fast, slow, signal });
    const rounding = (slow + signal) * Number.EPSILON;
    const fastWeight = emaWeight(fast);
    const slowWeight = emaWeight(slow);
    const signalWeight = emaWeight(signal);

    let fastAverage = meanOf(values, slow - fast, slow);
    let slowAverage = meanOf(values, 0, slow);
    let line = unlessRounding(fastAverage - slowAverage, Math.abs(values[slow - 1] as number) * rounding);
    let seedSum = line;
    for (let i = slow; i <= first; i++) {
      const value = values[i] as number;
      fastAverage += (value - fastAverage) * fastWeight;
      slowAverage += (value - slowAverage) * slowWeight;
      line = unlessRounding(fastAverage - slowAverage, Math.abs(value) * rounding);
      seedSum += line;
    }
    let signalAverage = seedSum / signal;
    let histogram = unlessRounding(line - signalAverage, Math.abs(values[first] as number) * rounding);
    lines[first] = line;
    signals[first] = histogram === 0 ? line : signalAverage;
    histograms[first] = histogram;

    for (let i = first + 1; i < values.length; i++) {
      const value = values[i] as number;
      const tolerance = Math.abs(value) * rounding;
      fastAverage += (value - fastAverage) * fastWeight;
      slowAverage += (value - slowAverage) * slowWeight;
      line = unlessRounding(fastAverage - slowAverage, tolerance);
      signalAverage += (line - signalAverage) * signalWeight;
      histogram = unlessRounding(line - signalAverage, tolerance);
      lines[i] = line;
      signals[i] = histogram === 0 ? line : signalAverage;
      histograms[i] = histogram;
    }
  },
});

/**
 * The columns of `MACD`.
 *
 * @param values oldest first
 * @throws EngineError `invalid_params` unless all periods are whole numbers of at least 1 and fast < slow
 */
export function macd(values: Float64Array, { fast, slow, signal }: MacdPeriods): MacdColumns {
  const columns = MACD.compute([values], [fast, slow, signal]);
  return { macd: columnAt(columns, 0), signal: columnAt(columns, 1), histogram: columnAt(columns, 2) };
}

function unlessRounding(difference: number, tolerance: number): number {
  return Math.abs(difference) <= tolerance ? 0 : difference;
}
