import type { Candles } from '@tradebase/contracts';

/**
 * The candles from `rangeStart` (inclusive) to `rangeEnd` (exclusive), both in milliseconds since the Unix epoch, as views of the
 * same memory.
 */
export function sliceCandles(candles: Candles, rangeStart: number, rangeEnd: number): Candles {
  const from = firstAtOrAfter(candles.ts, rangeStart);
  const to = Math.max(from, firstAtOrAfter(candles.ts, rangeEnd));
  return {
    ts: candles.ts.subarray(from, to),
    open: candles.open.subarray(from, to),
    high: candles.high.subarray(from, to),
    low: candles.low.subarray(from, to),
    close: candles.close.subarray(from, to),
    volume: candles.volume.subarray(from, to),
  };
}

/** Index of the first time that is not before `wanted`, by bisection. */
function firstAtOrAfter(ts: Float64Array, wanted: number): number {
  let low = 0;
  let high = ts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ts[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
