import type { MarketData } from '../market/market-data.ts';

/** A benchmark on the account's clock. */
export interface BenchmarkCurve {
  /** What the first return is measured from. */
  readonly start: number;
  /** Its mark at the close of each bar. */
  readonly marks: Float64Array;
}

/**
 * Buying the main instrument at its first open and holding it: its last known close at each bar of the clock.
 *
 * @param ts open times of the account's clock
 */
export function buyAndHoldCurve(ts: Float64Array, data: MarketData): BenchmarkCurve | null {
  const candles = data.instruments[0]?.candles;
  const start = candles?.open[0];
  if (candles === undefined || start === undefined) return null;
  if (candles.ts.length === ts.length) return { start, marks: candles.close };
  const marks = new Float64Array(ts.length);
  let next = 0;
  let mark = start;
  for (let bar = 0; bar < ts.length; bar++) {
    while (next < candles.ts.length && (candles.ts[next] as number) <= (ts[bar] as number)) {
      mark = candles.close[next++] as number;
    }
    marks[bar] = mark;
  }
  return { start, marks };
}
