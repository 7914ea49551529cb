import type { Candles } from '@tradebase/contracts';

/** Prices within this factor of each other keep every average good to a few units in its last place. */
const MAX_SPAN = 2 ** 20;

/** Open times of bars. */
export interface BarTimes {
  readonly ts: Float64Array;
  /** Milliseconds from each bar to the next, where it is the same whole number throughout; else null. */
  readonly step: number | null;
}

/** What the kernels want to know of candles besides their columns: found once for each object. */
export interface PreparedCandles extends BarTimes {
  /** Whether prices differ by so much that crossings of averages are computed from the averages themselves. */
  readonly spans_too_far: boolean;
}

const prepared = new WeakMap<Candles, PreparedCandles>();

/** Looks candles over that have been checked; at once where it has been done before. */
export function prepareCandles(candles: Candles): PreparedCandles {
  let known = prepared.get(candles);
  if (known === undefined) {
    known = { ts: candles.ts, step: findStep(candles.ts), spans_too_far: spansTooFar(candles) };
    prepared.set(candles, known);
  }
  return known;
}

function findStep(ts: Float64Array): number | null {
  const first = ts[0] ?? NaN;
  const step = (ts[1] ?? NaN) - first;
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(step)) return null;
  for (let i = 2; i < ts.length; i++) if (ts[i] !== first + step * i) return null;
  return step;
}

function spansTooFar({ low, high }: Candles): boolean {
  let lowest = Infinity;
  let highest = 0;
  for (let i = 0; i < low.length; i++) {
    lowest = Math.min(lowest, low[i] as number);
    highest = Math.max(highest, high[i] as number);
  }
  return !(highest < lowest * MAX_SPAN);
}
