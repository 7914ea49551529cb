import type { WarmUpFinding } from '@tradebase/contracts';
import type { MarketData } from '../market/market-data.ts';
import { cutMarketData } from './cut-market-data.ts';
import type { Decide, Decision } from './decision.ts';

/**
 * Lets the candles begin later, and counts at how many bars of the last part something else is decided than with all of
 * them. Averages that remember everything, such as an EMA, need some bars to forget where they began.
 *
 * @param whole what is decided with all bars
 * @param start_up_bars bars before the first one compared
 * @param compared_bars bars at the end of the main instrument that are compared
 */
export function measureWarmUp(
  decide: Decide,
  data: MarketData,
  whole: readonly Decision[],
  start_up_bars: number,
  compared_bars: number,
): WarmUpFinding {
  const ts = data.instruments[0]?.candles.ts ?? new Float64Array(0);
  const firstCompared = ts.length - compared_bars;
  const late = decide(cutMarketData(data, { from: ts[firstCompared - start_up_bars] as number }));
  const from = ts[firstCompared] as number;
  const differing_bars = countDifferences(byTime(whole, from), byTime(late, from));
  return { start_up_bars, compared_bars, differing_bars, differing_pct: (100 * differing_bars) / compared_bars };
}

/** What is decided at each time from `fromTs` on. */
function byTime(decisions: readonly Decision[], fromTs: number): Map<number, string> {
  const decided = new Map<number, string>();
  for (const { ts, what } of decisions) {
    if (ts >= fromTs) decided.set(ts, `${decided.get(ts) ?? ''}${what};`);
  }
  return decided;
}

function countDifferences(some: ReadonlyMap<number, string>, others: ReadonlyMap<number, string>): number {
  const times = new Set([...some.keys(), ...others.keys()]);
  return [...times].filter((ts) => some.get(ts) !== others.get(ts)).length;
}
