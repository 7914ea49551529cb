import type { Trade } from '../simulator/trade.ts';
import { defined, type Metric, undefinedBecause } from './metric.ts';

/** Closed trades with a net profit above zero, in percent of all closed trades. */
export function winRatePct(trades: readonly Trade[]): Metric {
  if (trades.length === 0) return undefinedBecause('there are no closed trades');
  let wins = 0;
  for (const trade of trades) if (trade.pnl > 0) wins++;
  return defined((100 * wins) / trades.length);
}
