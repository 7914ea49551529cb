import { barEndMs, type LookAheadFinding } from '@tradebase/contracts';
import type { MarketData } from '../market/market-data.ts';
import { cutMarketData } from './cut-market-data.ts';
import type { Decide, Decision } from './decision.ts';

/**
 * Takes the future away after one bar and compares: what was decided up to there must not change. Equal on every prefix
 * means that no decision used a later bar, whatever the strategy does inside.
 *
 * @param whole what is decided with all bars
 * @param bar index of the last bar of the main instrument that is left
 * @returns the earliest difference; null where there is none
 */
export function findLookAhead(
  decide: Decide,
  data: MarketData,
  whole: readonly Decision[],
  bar: number,
): LookAheadFinding | null {
  const main = data.instruments[0];
  const cut_ts = main?.candles.ts[bar];
  if (main === undefined || cut_ts === undefined) return null;
  const prefix = decide(cutMarketData(data, { until: barEndMs(cut_ts, main.timeframe) }));
  const difference = firstDifference(whole, prefix, cut_ts);
  return difference && { ...difference, cut_ts };
}

function firstDifference(
  whole: readonly Decision[],
  prefix: readonly Decision[],
  untilTs: number,
): Omit<LookAheadFinding, 'cut_ts'> | null {
  for (let i = 0; ; i++) {
    const withFuture = upTo(whole[i], untilTs);
    const without = upTo(prefix[i], untilTs);
    if (!withFuture && !without) return null;
    if (withFuture && without && words(withFuture) === words(without) && withFuture.ts === without.ts) continue;
    // Of two that differ in time the earlier one is what the other run did not do.
    const ts = Math.min(withFuture?.ts ?? Infinity, without?.ts ?? Infinity);
    return {
      ts,
      with_future: withFuture?.ts === ts ? words(withFuture) : null,
      without_future: without?.ts === ts ? words(without) : null,
    };
  }
}

function upTo(decision: Decision | undefined, untilTs: number): Decision | undefined {
  return decision && decision.ts <= untilTs ? decision : undefined;
}

function words({ what, detail }: Decision): string {
  return detail === '' ? what : `${what} ${detail}`;
}
