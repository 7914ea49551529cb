import type { TrialMetrics } from '@tradebase/contracts';
import {
  checkMarketData,
  dailyAccount,
  EngineError,
  fitsCompiled,
  type Strategy,
  type SweepResult,
  sweepInBlocks,
} from '@tradebase/engine';
import type { TrialSetting } from './evaluate-trial.ts';
import { barsOf } from './from-bar.ts';
import type { BarWindow, TrialOutcome, TrialRequest } from './study.ts';

/** What a sweep computes of each trial: no more than this is known of a trial of detail `quick`. */
export const SWEEP_METRICS = [
  'final_equity',
  'total_return_pct',
  'max_drawdown_pct',
  'trades',
  'win_rate_pct',
  'fees_paid',
  'exposure_pct',
  'sharpe',
] as const satisfies readonly (keyof SweepResult)[];

/** Fewer are as fast one by one. */
const LEAST_SWEEP = 4;

/**
 * Outcomes of the requests that a compiled sweep can take together, in one pass over the candles: those of detail `quick` on one
 * window without bars before it, of rules that fit the compiled path. Null for the others, which `evaluateTrial` takes. A sweep gives
 * the numbers of single runs, the Sharpe ratio but for rounding.
 *
 * @returns one a request; null for all when told to stop
 */
export function sweepTrials(
  requests: readonly TrialRequest[],
  setting: TrialSetting,
  isStopped: () => boolean,
): (TrialOutcome | null)[] {
  const outcomes = new Array<TrialOutcome | null>(requests.length).fill(null);
  const window = requests[0]?.window;
  if (window === undefined || window.from !== window.trade_from) return outcomes;
  const data = { instruments: [barsOf(setting.series, window.from, window.to)] };
  const taken: number[] = [];
  const programs: Extract<Strategy, { kind: 'rules' }>['program'][] = [];
  requests.forEach((request, index) => {
    if (request.detail !== 'quick' || request.perturbation !== null || !isSame(request.window, window)) return;
    const strategy = buildOrNull(request, setting);
    if (strategy?.kind !== 'rules' || fitsCompiled(strategy, data, setting.settings) !== null) return;
    taken.push(index);
    programs.push(strategy.program);
  });
  const [series] = data.instruments;
  if (programs.length < LEAST_SWEEP || series === undefined) return outcomes;
  checkMarketData(data);
  const { candles } = series;
  const { settings, initial_cash } = setting;
  const { days, periods_per_year } = dailyAccount({ ts: candles.ts, equity: candles.close, initial_cash }, data, {
    settings,
  });
  const blocks = sweepInBlocks({
    series,
    programs,
    settings,
    initial_cash,
    days: { last_bar: days.last_bar, per_year: periods_per_year },
  });
  let step = blocks.next();
  while (!step.done) {
    if (isStopped()) return outcomes;
    step = blocks.next();
  }
  const result = step.value;
  taken.forEach((index, program) => {
    // A short that may have lost all is for the event-driven path to settle.
    if (result.needs_events[program] !== 1) outcomes[index] = outcomeOf(result, program);
  });
  return outcomes;
}

function isSame(one: BarWindow, other: BarWindow): boolean {
  return one.from === other.from && one.trade_from === other.trade_from && one.to === other.to;
}

/** What makes no sense fails on its own, where it can say why. */
function buildOrNull({ params }: TrialRequest, { definition }: TrialSetting): Strategy | null {
  try {
    return definition.build(params);
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}

function outcomeOf(result: SweepResult, program: number): TrialOutcome {
  const metrics: TrialMetrics = {};
  for (const name of SWEEP_METRICS) {
    const value = result[name][program] as number;
    metrics[name] = Number.isFinite(value) ? value : null;
  }
  return { outcome: 'completed', metrics, series: null };
}
