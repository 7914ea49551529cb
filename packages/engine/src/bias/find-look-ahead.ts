import { barEndMs, type LookAheadFinding } from '@tradebase/contracts';
import type { MarketData } from '../market/market-data.ts';
import { cutMarketData } from './cut-market-data.ts';
import type { Decide, Decision } from './decision.ts';

/** Findings that are worth reading. */
const MAX_FINDINGS = 100;

/**
 * Takes the future away at `cuts` bars and compares: what was decided up to there must not change. Equal on every prefix
 * means that no decision used a later bar, whatever the strategy does inside.
 *
 * @param bars indices of bars of the main instrument after which to cut, ascending
 * @returns the earliest difference of each cut that has one
 */
export function findLookAhead(decide: Decide, data: MarketData, bars: readonly number[]): LookAheadFinding[] {
  const main = data.instruments[0];
  if (!main) return [];
  const whole = decide(data);
  const findings: LookAheadFinding[] = [];
  for (const bar of bars) {
    if (findings.length === MAX_FINDINGS) break;
    const cut_ts = main.candles.ts[bar] as number;
    const prefix = decide(cutMarketData(data, { until: barEndMs(cut_ts, main.timeframe) }));
    const difference = firstDifference(whole, prefix, cut_ts);
    if (difference) findings.push({ ...difference, cut_ts });
  }
  return findings;
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
