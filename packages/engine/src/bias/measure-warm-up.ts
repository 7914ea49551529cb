import type { WarmUpFinding } from '@tradebase/contracts';
import type { MarketData } from '../market/market-data.ts';
import { cutMarketData } from './cut-market-data.ts';
import type { Decide } from './decision.ts';

/**
 * Lets the candles begin later and later, and counts at how many bars of the last part something else is decided than with
 * all of them. Averages that remember everything, such as an EMA, need some bars to forget where they began.
 *
 * @param startUps bars before the first one compared, ascending
 * @param comparedBars bars at the end of the main instrument that are compared
 */
export function measureWarmUp(
  decide: Decide,
  data: MarketData,
  startUps: readonly number[],
  comparedBars: number,
): WarmUpFinding[] {
  const ts = data.instruments[0]?.candles.ts ?? new Float64Array(0);
  const firstCompared = ts.length - comparedBars;
  const decidedAt = (some: MarketData) => byTime(decide, some, ts[firstCompared] as number);
  const longest = decidedAt(data);
  return startUps.map((start_up_bars) => {
    const some = decidedAt(cutMarketData(data, { from: ts[firstCompared - start_up_bars] as number }));
    const differing_bars = countDifferences(longest, some);
    return {
      start_up_bars,
      compared_bars: comparedBars,
      differing_bars,
      differing_pct: (100 * differing_bars) / comparedBars,
    };
  });
}

/** What is decided at each time from `fromTs` on. */
function byTime(decide: Decide, data: MarketData, fromTs: number): Map<number, string> {
  const decided = new Map<number, string>();
  for (const { ts, what } of decide(data)) {
    if (ts >= fromTs) decided.set(ts, `${decided.get(ts) ?? ''}${what};`);
  }
  return decided;
}

function countDifferences(some: ReadonlyMap<number, string>, others: ReadonlyMap<number, string>): number {
  const times = new Set([...some.keys(), ...others.keys()]);
  return [...times].filter((ts) => some.get(ts) !== others.get(ts)).length;
}
