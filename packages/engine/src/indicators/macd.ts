import { columnAt, defineIndicator } from './define-indicator.ts';
import { emaWeight, meanOf } from './ema.ts';
import { checkAscending, period } from './parameters.ts';
import { columnFor, firstApart, runStretches, stretchesOf } from './side-by-side.ts';
import { unlessRounding } from './unless-rounding.ts';
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
    const columns = { macd: columnAt(outputs, 0), signal: columnAt(outputs, 1), histogram: columnAt(outputs, 2) };
    fillMacd(columnAt(inputs, 0), columns, { fast, slow, signal });
  },
});

/**
 * The columns of `MACD`.
 *
 * @param values oldest first
 * @param into where the columns go; new ones by default. Fresh memory takes as long as the computation.
 * @throws EngineError `invalid_params` unless all periods are whole numbers of at least 1 and fast < slow,
 * `column_length_mismatch`
 */
export function macd(values: Float64Array, periods: MacdPeriods, into?: MacdColumns): MacdColumns {
  const params = [periods.fast, periods.slow, periods.signal];
  const first = MACD.firstIndex(params);
  const columns = {
    macd: columnFor(into?.macd, [values]),
    signal: columnFor(into?.signal, [values]),
    histogram: columnFor(into?.histogram, [values]),
  };
  const all = [columns.macd, columns.signal, columns.histogram];
  for (const column of all) column.fill(NaN, 0, first);
  if (values.length > first && !fillMacd(values, columns, periods)) {
    for (const [index, column] of MACD.compute([values], params).entries()) columnAt(all, index).set(column);
  }
  return columns;
}

/** The averages that a value of MACD is made of. */
interface Averages {
  fast: number;
  slow: number;
  signal: number;
}

/** What does not change from value to value. */
interface Weights {
  readonly fast: number;
  readonly slow: number;
  readonly signal: number;
  /** Share of a value that is rounding. */
  readonly rounding: number;
}

/**
 * Writes the columns from the first index on. Returns false where a value is not finite, and what is written means nothing: such a
 * value stays in the averages.
 */
function fillMacd(values: Float64Array, columns: MacdColumns, { fast, slow, signal }: MacdPeriods): boolean {
  const first = firstMacdIndex({ fast, slow, signal });
  const rounding = (slow + signal) * Number.EPSILON;
  const weights = { fast: emaWeight(fast), slow: emaWeight(slow), signal: emaWeight(signal), rounding };
  const averages = { fast: meanOf(values, slow - fast, slow), slow: meanOf(values, 0, slow), signal: NaN };
  let line = unlessRounding(averages.fast - averages.slow, Math.abs(values[slow - 1] as number) * rounding);
  let seedSum = line;
  for (let i = slow; i <= first; i++) {
    const value = values[i] as number;
    averages.fast += (value - averages.fast) * weights.fast;
    averages.slow += (value - averages.slow) * weights.slow;
    line = unlessRounding(averages.fast - averages.slow, Math.abs(value) * rounding);
    seedSum += line;
  }
  averages.signal = seedSum / signal;
  const histogram = unlessRounding(line - averages.signal, Math.abs(values[first] as number) * rounding);
  columns.macd[first] = line;
  columns.signal[first] = histogram === 0 ? line : averages.signal;
  columns.histogram[first] = histogram;

  const next = fillSideBySide(values, columns, averages, first + 1, weights);
  fillInSequence(values, columns, averages, next, values.length, weights);
  return Number.isFinite(averages.fast - averages.slow - averages.signal);
}

/** Moves the averages over the values `[from, to)`, and writes the columns unless there are none. */
function fillInSequence(
  values: Float64Array,
  columns: MacdColumns | null,
  averages: Averages,
  from: number,
  to: number,
  weights: Weights,
): void {
  let { fast, slow, signal } = averages;
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    const tolerance = Math.abs(value) * weights.rounding;
    fast += (value - fast) * weights.fast;
    slow += (value - slow) * weights.slow;
    const line = unlessRounding(fast - slow, tolerance);
    signal += (line - signal) * weights.signal;
    if (columns === null) continue;
    const histogram = unlessRounding(line - signal, tolerance);
    columns.macd[i] = line;
    columns.signal[i] = histogram === 0 ? line : signal;
    columns.histogram[i] = histogram;
  }
  averages.fast = fast;
  averages.slow = slow;
  averages.signal = signal;
}

/** Writes what can be written side by side, and returns the index from which the rest is to be run in sequence. */
function fillSideBySide(
  values: Float64Array,
  { macd, signal, histogram }: MacdColumns,
  averages: Averages,
  from: number,
  weights: Weights,
): number {
  // The signal line has to forget, too: averages of averages.
  const stretches = stretchesOf(values.length - from, 1 / (1 / weights.slow + 1 / weights.signal));
  if (stretches === null) return from;
  const { length, run_in } = stretches;
  const begins = [averages, ...[1, 2, 3].map((stretch) => runIn(values, from + stretch * length, run_in, weights))];
  const state = Float64Array.from([
    ...begins.map(({ fast }) => fast),
    ...begins.map(({ slow }) => slow),
    ...begins.map((begin) => begin.signal),
  ]);
  const begun = state.slice();
  runStretches([values], [macd, signal, histogram], { from, length, state }, (block) => {
    const [lines = 0, signals = 0, histograms = 0] = block.outputs;
    block.kernels.run.macd_stretches(
      block.state,
      block.inputs[0] ?? 0,
      lines,
      signals,
      histograms,
      block.length,
      block.stride,
      weights.fast,
      weights.slow,
      weights.signal,
      weights.rounding,
    );
  });
  const stretch = firstApart(begun, state);
  averages.fast = state[stretch - 1] ?? NaN;
  averages.slow = state[4 + stretch - 1] ?? NaN;
  averages.signal = state[8 + stretch - 1] ?? NaN;
  return from + stretch * length;
}

/** Averages before index `to`, begun so many values before. */
function runIn(values: Float64Array, to: number, bars: number, weights: Weights): Averages {
  const value = values[to - bars] as number;
  const averages = { fast: value, slow: value, signal: 0 };
  fillInSequence(values, null, averages, to - bars, to, weights);
  return averages;
}
