import { columnAt, defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';
import { columnFor, firstApart, runStretches, stretchesOf } from './side-by-side.ts';
import { ExponentialAverage } from './windows/exponential-average.ts';

/** High, low and close of the same bars. */
export interface HighLowClose {
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
}

/** The range of a bar with the close before it: max(high, close before) - min(low, close before). */
export function trueRangeOf(high: number, low: number, closeBefore: number): number {
  return Math.max(high, closeBefore) - Math.min(low, closeBefore);
}

/** Average true range, bar by bar; NaN until `period` bars have had a bar before them. */
export class RunningAtr {
  readonly #average: ExponentialAverage;
  #closeBefore = NaN;
  /** That of the newest bar; NaN at the first. */
  trueRange = NaN;

  constructor(period: number) {
    this.#average = ExponentialAverage.wilder(period);
  }

  next(high: number, low: number, close: number): number {
    this.trueRange = trueRangeOf(high, low, this.#closeBefore);
    this.#closeBefore = close;
    return this.#average.next(this.trueRange);
  }
}

const CANDLE_INPUTS = ['high', 'low', 'close'] as const;

/** True range, as TA-Lib's TRANGE: the first bar, which has no close before it, has none. */
export const TRUE_RANGE = defineIndicator({
  name: 'true_range',
  description: 'True range: max(high, close before) - min(low, close before)',
  inputs: [],
  candle_inputs: CANDLE_INPUTS,
  params: [],
  outputs: ['true_range'],
  firstIndex: () => 1,

  begin() {
    let closeBefore = NaN;
    return (bar, out) => {
      out[0] = trueRangeOf(bar[0] as number, bar[1] as number, closeBefore);
      closeBefore = bar[2] as number;
    };
  },
});

/**
 * Average true range (Wilder), as TA-Lib's ATR: the Wilder average of the true range, started from the plain mean of the
 * first `period` true ranges.
 */
export const ATR = defineIndicator({
  name: 'atr',
  description: "Average true range: Wilder's average of the true range",
  inputs: [],
  candle_inputs: CANDLE_INPUTS,
  params: [period('period', 14)],
  outputs: ['atr'],
  firstIndex: (bars: number) => bars,

  begin(bars: number) {
    const average = new RunningAtr(bars);
    return (bar, out) => {
      out[0] = average.next(bar[0] as number, bar[1] as number, bar[2] as number);
    };
  },

  fill(inputs, outputs, bars: number) {
    const candles = { high: columnAt(inputs, 0), low: columnAt(inputs, 1), close: columnAt(inputs, 2) };
    fillRanges(candles, columnAt(outputs, 0), bars);
  },
});

/** Normalised average true range, as TA-Lib's NATR: 100 * ATR / close. */
export const NATR = defineIndicator({
  name: 'natr',
  description: 'Average true range in percent of the close',
  inputs: [],
  candle_inputs: CANDLE_INPUTS,
  params: [period('period', 14)],
  outputs: ['natr'],
  firstIndex: (bars: number) => bars,

  begin(bars: number) {
    const average = new RunningAtr(bars);
    return (bar, out) => {
      const close = bar[2] as number;
      out[0] = (100 * average.next(bar[0] as number, bar[1] as number, close)) / close;
    };
  },
});

/**
 * The column of `ATR`.
 *
 * @param into where the column goes; a new one by default. Fresh memory takes as long as the computation.
 * @throws EngineError `invalid_params`, `column_length_mismatch`
 */
export function atr(candles: HighLowClose, period: number, into?: Float64Array): Float64Array {
  const { high, low, close } = candles;
  const first = ATR.firstIndex([period]);
  const ranges = columnFor(into, [close, high, low]);
  const aligned = high.length === close.length && low.length === close.length;
  ranges.fill(NaN, 0, first);
  if (!aligned || (close.length > first && !fillRanges(candles, ranges, period))) {
    ranges.set(columnAt(ATR.compute([high, low, close], [period]), 0));
  }
  return ranges;
}

/**
 * Writes the averages from index `bars` on. Returns false where a value may not be finite, and what is written means nothing.
 */
function fillRanges(candles: HighLowClose, ranges: Float64Array, bars: number): boolean {
  const { high, low, close } = candles;
  let sum = 0;
  // 0, unless a sum is not finite.
  let rest = ((high[0] as number) + (low[0] as number) + (close[0] as number)) * 0;
  for (let i = 1; i <= bars; i++) {
    sum += trueRangeOf(high[i] as number, low[i] as number, close[i - 1] as number);
    rest += ((high[i] as number) + (low[i] as number) + (close[i] as number)) * 0;
  }
  let average = sum / bars;
  ranges[bars] = average;
  const weight = 1 / bars;
  const done = fillSideBySide(candles, ranges, average, bars + 1, weight);
  rest += done.rest;
  average = done.average;
  for (let i = done.next; i < close.length; i++) {
    const range = trueRangeOf(high[i] as number, low[i] as number, close[i - 1] as number);
    average += (range - average) * weight;
    rest += ((high[i] as number) + (low[i] as number) + (close[i] as number)) * 0;
    ranges[i] = average;
  }
  return rest === 0;
}

function runIn({ high, low, close }: HighLowClose, to: number, bars: number, weight: number): number {
  let average = 0;
  for (let i = to - bars; i < to; i++) {
    const range = trueRangeOf(high[i] as number, low[i] as number, close[i - 1] as number);
    average += (range - average) * weight;
  }
  return average;
}

/** What was written side by side: the index from which the rest is to be run in sequence, and the average before it. */
interface Done {
  readonly next: number;
  readonly average: number;
  /** 0, unless a value is not finite. */
  readonly rest: number;
}

function fillSideBySide(
  candles: HighLowClose,
  ranges: Float64Array,
  average: number,
  from: number,
  weight: number,
): Done {
  const { high, low, close } = candles;
  const stretches = stretchesOf(close.length - from, weight);
  if (stretches === null) return { next: from, average, rest: 0 };
  const { length, run_in } = stretches;
  const state = Float64Array.of(
    average,
    ...[1, 2, 3].map((stretch) => runIn(candles, from + stretch * length, run_in, weight)),
  );
  const begun = state.slice();
  let rest = (close[from + 4 * length - 1] as number) * 0;
  runStretches(
    [high, low, close],
    [ranges],
    { from, length, state },
    ({ kernels, state: at, inputs, outputs, ...of }) => {
      const [h = 0, l = 0, c = 0] = inputs;
      rest += kernels.run.atr_stretches(at, h, l, c, outputs[0] ?? 0, of.length, of.stride, weight);
    },
  );
  const stretch = firstApart(begun, state);
  return { next: from + stretch * length, average: state[stretch - 1] ?? NaN, rest };
}

/**
 * The column of `TRUE_RANGE`.
 *
 * @throws EngineError `column_length_mismatch`
 */
export function trueRange({ high, low, close }: HighLowClose): Float64Array {
  return columnAt(TRUE_RANGE.compute([high, low, close], []), 0);
}
