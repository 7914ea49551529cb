import type { Trade } from '../simulator/trade.ts';
import { defined, type Metric, undefinedBecause } from './metric.ts';

/** Sum of the net profits of winning trades over the sum of the net losses of losing trades, in money. */
export function profitFactor(trades: readonly Trade[]): Metric {
  if (trades.length === 0) return undefinedBecause('there are no closed trades');
  let profit = 0;
  let loss = 0;
  for (const { pnl } of trades) {
    if (pnl > 0) profit += pnl;
    else loss -= pnl;
  }
  if (loss === 0) return undefinedBecause('there are no losing trades');
  return defined(profit / loss);
}
