import { barEndMs } from '@tradebase/contracts';
import type { InstrumentSeries } from '../market/market-data.ts';
import type { BarPrices } from './path-of-bar.ts';

/** The finer candles that lie within a candle, oldest first; none where the instrument has none there. */
export function finerBars({ candles, timeframe, finer }: InstrumentSeries, candle: number): BarPrices[] {
  if (finer === undefined) return [];
  const from = candles.ts[candle] ?? NaN;
  const to = barEndMs(from, timeframe);
  const { ts, open, high, low, close } = finer.candles;
  const bars: BarPrices[] = [];
  for (let i = firstAtOrAfter(ts, from); i < ts.length && (ts[i] as number) < to; i++) {
    bars.push({ open: open[i] ?? NaN, high: high[i] ?? NaN, low: low[i] ?? NaN, close: close[i] ?? NaN });
  }
  return bars;
}

function firstAtOrAfter(ts: Float64Array, from: number): number {
  let [low, high] = [0, ts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ts[middle] as number) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
