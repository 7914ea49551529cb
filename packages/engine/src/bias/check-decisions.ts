import type { BiasReport } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import type { MarketData } from '../market/market-data.ts';
import type { Decide } from './decision.ts';
import { findLookAhead } from './find-look-ahead.ts';
import { measureWarmUp } from './measure-warm-up.ts';

export interface BiasOptions {
  /** Bars at which the future is taken away; every bar where there are no more. Time grows with it. Default 200. */
  readonly maxCuts?: number;
  /** Default: a quarter of the bars, at most 1,000. */
  readonly comparedBars?: number;
}

const DEFAULT_CUTS = 200;
const MAX_COMPARED_BARS = 1_000;
/** Start-up lengths, in multiples of the warm-up that the strategy declares. */
const START_UP_FACTORS = [1, 2, 4, 8, 16];

/**
 * Checks decisions of any kind for look-ahead and for how long they take to settle.
 *
 * @throws EngineError `empty_candles`, and `invalid_params` where the options make no sense
 */
export function checkDecisions(
  decide: Decide,
  data: MarketData,
  declared: Pick<BiasReport, 'warm_up_bars' | 'depends_on_state'>,
  { maxCuts = DEFAULT_CUTS, comparedBars }: BiasOptions = {},
): BiasReport {
  const main = data.instruments[0];
  const bars = main?.candles.ts.length ?? 0;
  if (!main || bars === 0) throw new EngineError('empty_candles', 'there are no candles to check a strategy on');
  if (!Number.isSafeInteger(maxCuts) || maxCuts < 1) {
    throw new EngineError('invalid_params', `maxCuts is ${maxCuts}; it must be a whole number, at least 1`);
  }

  const decisions = decide(data);
  const firstShared = Math.max(...data.instruments.map(({ candles }) => candles.ts[0] ?? Infinity));
  const cuts = chooseCuts(
    main.candles.ts,
    firstShared,
    decisions.map(({ ts }) => ts),
    maxCuts,
  );
  const look_ahead = findLookAhead(decide, data, cuts);
  const compared = comparedBars ?? Math.min(Math.floor(bars / 4), MAX_COMPARED_BARS);
  const startUps = START_UP_FACTORS.map((factor) => factor * Math.max(declared.warm_up_bars, 1)).filter(
    (startUp) => startUp + compared < bars && (main.candles.ts[bars - compared - startUp] as number) >= firstShared,
  );
  const warm_up = compared > 0 ? measureWarmUp(decide, data, startUps, compared) : [];
  const unsettled = warm_up.findLastIndex(({ differing_bars }) => differing_bars > 0);
  return {
    ...declared,
    looks_ahead: look_ahead.length > 0,
    cuts: cuts.length,
    bars,
    decisions: decisions.length,
    look_ahead,
    warm_up,
    settled_after_bars: warm_up[unsettled + 1]?.start_up_bars ?? null,
  };
}

/**
 * Where to take the future away: at bars at which something was decided, at the bars before those, and evenly in between.
 * A decision is where a strategy that looks ahead gives itself away.
 */
function chooseCuts(ts: Float64Array, fromTs: number, decidedAt: readonly number[], most: number): number[] {
  const first = ts.findIndex((time) => time >= fromTs);
  const last = ts.length - 2;
  if (first === -1 || last < first) return [];
  const bars = last - first + 1;
  if (bars <= most) return Array.from({ length: bars }, (_, index) => first + index);

  const decisive = new Set<number>();
  for (const time of thin(decidedAt, Math.ceil(most / 4))) {
    const bar = ts.indexOf(time);
    if (bar >= first && bar <= last) decisive.add(bar);
    if (bar - 1 >= first) decisive.add(bar - 1);
  }
  const rest = most - decisive.size;
  for (let i = 0; i < rest; i++) decisive.add(first + Math.floor((i * bars) / rest));
  return [...decisive].sort((a, b) => a - b);
}

/** At most `most` of some values, evenly spread. */
function thin<T>(values: readonly T[], most: number): T[] {
  const step = Math.max(1, values.length / most);
  return Array.from({ length: Math.min(most, values.length) }, (_, i) => values[Math.floor(i * step)] as T);
}
