import type { BacktestReport, Candles } from '@tradebase/contracts';

/** Candles to draw: where there are more than `most`, several become one with their extremes. */
export function thinCandles(
  { ts, open, high, low, close }: Candles,
  most: number,
): NonNullable<BacktestReport['prices']> {
  const bars = ts.length;
  const stretch = Math.max(1, Math.ceil(bars / most));
  const prices: NonNullable<BacktestReport['prices']> = { at: [], open: [], high: [], low: [], close: [] };
  for (let start = 0; start < bars; start += stretch) {
    const end = Math.min(bars, start + stretch);
    let highest = -Infinity;
    let lowest = Infinity;
    for (let bar = start; bar < end; bar++) {
      if ((high[bar] as number) > highest) highest = high[bar] as number;
      if ((low[bar] as number) < lowest) lowest = low[bar] as number;
    }
    prices.at.push(ts[start] as number);
    prices.open.push(open[start] as number);
    prices.high.push(highest);
    prices.low.push(lowest);
    prices.close.push(close[end - 1] as number);
  }
  return prices;
}
