import type { Candles } from '@tradebase/contracts';
import type { InstrumentSeries } from './market-data.ts';

/** Candles in the shares of the last bar, and what turns a price of an earlier time into one of theirs. */
export interface SplitAdjusted {
  readonly candles: Candles;
  /** New shares at the end for one that is held after the open at `ts`. */
  sharesSince(ts: number): number;
}

/** Prices as if all splits between the first and the last candle had been before the first. */
export function splitAdjusted({ candles, splits = [] }: InstrumentSeries): SplitAdjusted {
  const { ts } = candles;
  const [first, last] = [ts[0] ?? NaN, ts.at(-1) ?? NaN];
  const within = splits.filter((split) => split.ts > first && split.ts <= last);
  if (within.length === 0) return { candles, sharesSince: () => 1 };
  const sharesSince = (time: number) =>
    within.reduce((shares, split) => (split.ts > time ? shares * split.ratio : shares), 1);
  const adjusted = (prices: Float64Array) => prices.map((price, bar) => price / sharesSince(ts[bar] as number));
  const { open, high, low, close } = candles;
  return {
    candles: {
      ...candles,
      open: adjusted(open),
      high: adjusted(high),
      low: adjusted(low),
      close: adjusted(close),
    },
    sharesSince,
  };
}
