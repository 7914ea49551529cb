import { columnAt, defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';
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
    const high = columnAt(inputs, 0);
    const low = columnAt(inputs, 1);
    const close = columnAt(inputs, 2);
    const ranges = columnAt(outputs, 0);
    let sum = 0;
    for (let i = 1; i <= bars; i++) {
      sum += trueRangeOf(high[i] as number, low[i] as number, close[i - 1] as number);
    }
    let average = sum / bars;
    ranges[bars] = average;
    const weight = 1 / bars;
    for (let i = bars + 1; i < close.length; i++) {
      const range = trueRangeOf(high[i] as number, low[i] as number, close[i - 1] as number);
      average += (range - average) * weight;
      ranges[i] = average;
    }
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
 * @throws EngineError `invalid_params`, `column_length_mismatch`
 */
export function atr({ high, low, close }: HighLowClose, period: number): Float64Array {
  return columnAt(ATR.compute([high, low, close], [period]), 0);
}

/**
 * The column of `TRUE_RANGE`.
 *
 * @throws EngineError `column_length_mismatch`
 */
export function trueRange({ high, low, close }: HighLowClose): Float64Array {
  return columnAt(TRUE_RANGE.compute([high, low, close], []), 0);
}
