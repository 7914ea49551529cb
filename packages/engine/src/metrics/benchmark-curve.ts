import type { InstrumentSeries, MarketData } from '../market/market-data.ts';

/** A benchmark on the account's clock. */
export interface BenchmarkCurve {
  /** What the first return is measured from. */
  readonly start: number;
  /** Its mark at the close of each bar. */
  readonly marks: Float64Array;
}

/**
 * Buying the main instrument at its first open and holding it, through its splits: its last known close at each bar of the clock,
 * times the shares that one has become.
 *
 * @param ts open times of the account's clock
 */
export function buyAndHoldCurve(ts: Float64Array, data: MarketData): BenchmarkCurve | null {
  const [main] = data.instruments;
  const start = main?.candles.open[0];
  if (main === undefined || start === undefined) return null;
  const candles = { ts: main.candles.ts, close: heldThroughSplits(main) };
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

function heldThroughSplits({ candles: { ts, close }, splits = [] }: InstrumentSeries): Float64Array {
  // A split before the first candle changes no share that is bought at its open.
  const later = splits.filter((split) => split.ts > (ts[0] ?? Infinity));
  if (later.length === 0) return close;
  let shares = 1;
  let next = 0;
  return close.map((price, candle) => {
    for (let split = later[next]; split !== undefined && split.ts <= (ts[candle] as number); split = later[++next]) {
      shares *= split.ratio;
    }
    return price * shares;
  });
}
