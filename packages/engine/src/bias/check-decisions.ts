import type { BiasReport, LookAheadFinding, WarmUpFinding } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import type { InstrumentSeries, MarketData } from '../market/market-data.ts';
import { runToEnd } from '../run-to-end.ts';
import type { Decide } from './decision.ts';
import { findLookAhead } from './find-look-ahead.ts';
import { measureWarmUp } from './measure-warm-up.ts';

export interface BiasOptions {
  /** Bars at which the future is taken away; every bar where there are no more. Time grows with it. Default 200. */
  readonly maxCuts?: number | undefined;
  /** Default: a quarter of the bars, at most 1,000. */
  readonly comparedBars?: number | undefined;
  /** Start-up lengths to compare, in bars; 1, 2, 4, 8 and 16 times the declared warm-up by default. Those that do not fit are left out. */
  readonly startUpBars?: readonly number[] | undefined;
}

/** What a strategy says of itself, and what the check cannot see. */
export type DeclaredBias = Pick<BiasReport, 'warm_up_bars' | 'depends_on_state'> &
  Partial<Pick<BiasReport, 'unchecked_columns'>>;

const DEFAULT_CUTS = 200;
const MAX_COMPARED_BARS = 1_000;
/** Start-up lengths, in multiples of the warm-up that the strategy declares. */
const START_UP_FACTORS = [1, 2, 4, 8, 16];
/** Findings that are worth reading. */
const MAX_FINDINGS = 100;

/**
 * Checks decisions of any kind for look-ahead and for how long they take to settle, at once.
 *
 * @throws EngineError `empty_candles`, and `invalid_params` where the options make no sense
 */
export function checkDecisions(
  decide: Decide,
  data: MarketData,
  declared: DeclaredBias,
  options: BiasOptions = {},
): BiasReport {
  return runToEnd(checkDecisionsInChunks(decide, data, declared, options));
}

/** The same step by step: after each run of the strategy it yields the share of the runs that are done, from 0 to 1. */
export function* checkDecisionsInChunks(
  decide: Decide,
  data: MarketData,
  declared: DeclaredBias,
  options: BiasOptions = {},
): Generator<number, BiasReport, void> {
  const { maxCuts = DEFAULT_CUTS, comparedBars } = options;
  const main = data.instruments[0];
  const bars = main?.candles.ts.length ?? 0;
  if (!main || bars === 0) throw new EngineError('empty_candles', 'there are no candles to check a strategy on');
  checkCount('maxCuts', maxCuts);
  for (const startUp of options.startUpBars ?? []) checkCount('startUpBars', startUp);

  const firstShared = Math.max(...data.instruments.map(({ candles }) => candles.ts[0] ?? Infinity));
  const compared = comparedBars ?? Math.min(Math.floor(bars / 4), MAX_COMPARED_BARS);
  const startUps = compared > 0 ? startUpsOf(main, firstShared, compared, declared.warm_up_bars, options) : [];
  const decisions = decide(data);
  const decidedAt = decisions.map(({ ts }) => ts);
  const cuts = chooseCuts(main.candles.ts, firstShared, decidedAt, maxCuts);
  const runs = 1 + cuts.length + startUps.length;
  yield 1 / runs;

  const look_ahead: LookAheadFinding[] = [];
  for (const [index, bar] of cuts.entries()) {
    const finding = look_ahead.length < MAX_FINDINGS ? findLookAhead(decide, data, decisions, bar) : null;
    if (finding) look_ahead.push(finding);
    yield (2 + index) / runs;
  }
  const warm_up: WarmUpFinding[] = [];
  for (const startUp of startUps) {
    warm_up.push(measureWarmUp(decide, data, decisions, startUp, compared));
    yield (1 + cuts.length + warm_up.length) / runs;
  }
  const unsettled = warm_up.findLastIndex(({ differing_bars }) => differing_bars > 0);
  return {
    unchecked_columns: [],
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

function checkCount(name: string, count: number): void {
  if (Number.isSafeInteger(count) && count >= 1) return;
  throw new EngineError('invalid_params', `${name} is ${count}; it must be a whole number, at least 1`);
}

/** Start-up lengths that fit before the bars compared, ascending. */
function startUpsOf(
  { candles: { ts } }: InstrumentSeries,
  firstShared: number,
  compared: number,
  warmUpBars: number,
  { startUpBars }: BiasOptions,
): number[] {
  const wanted = startUpBars ?? START_UP_FACTORS.map((factor) => factor * Math.max(warmUpBars, 1));
  return [...new Set(wanted)]
    .sort((a, b) => a - b)
    .filter((startUp) => startUp + compared < ts.length)
    .filter((startUp) => (ts[ts.length - compared - startUp] as number) >= firstShared);
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
