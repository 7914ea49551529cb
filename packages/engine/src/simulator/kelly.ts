import type { TradeList } from '../trading/trade-list.ts';

/**
 * The bet that lets capital grow fastest, as a share of it, if trades go on as the last ones did: f = w - (1 - w) / b, where w is
 * the share of winners and b their mean return over the mean loss (Kelly 1956). Below 0 where they lose on average.
 *
 * @param count trades to look back on
 * @returns NaN while fewer have closed
 */
export function kellyShare(trades: TradeList, count: number): number {
  if (trades.length < count) return NaN;
  let [winners, gain, loss] = [0, 0, 0];
  for (let i = trades.length - count; i < trades.length; i++) {
    const return_pct = trades.return_pct[i] as number;
    if ((trades.pnl[i] as number) > 0) {
      winners += 1;
      gain += return_pct;
    } else loss -= return_pct;
  }
  const losers = count - winners;
  const share = winners / count;
  if (losers === 0 || loss === 0) return share;
  if (winners === 0) return -Infinity;
  return share - (1 - share) / (gain / winners / (loss / losers));
}
