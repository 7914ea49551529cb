import { defined, type Metric, undefinedBecause } from './metric.ts';

/**
 * Sum of the net profits of winning trades over the sum of the net losses of losing trades, in money.
 *
 * @param pnl net profit of each closed trade
 */
export function profitFactor(pnl: Float64Array): Metric {
  if (pnl.length === 0) return undefinedBecause('there are no closed trades');
  let profit = 0;
  let loss = 0;
  for (let i = 0; i < pnl.length; i++) {
    const amount = pnl[i] as number;
    if (amount > 0) profit += amount;
    else loss -= amount;
  }
  if (loss === 0) return undefinedBecause('there are no losing trades');
  return defined(profit / loss);
}
