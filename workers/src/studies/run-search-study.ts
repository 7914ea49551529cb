import type { StudyResult } from '@tradebase/contracts';
import { createSearchSpace } from '@tradebase/engine';
import type { Judgement } from '../cpu/judge-task.ts';
import { completeSeries } from './complete-series.ts';
import { deflateBest } from './judge-selection.ts';
import { plannedTrials, runSearch, type SearchFindings } from './run-search.ts';
import type { TrialSeries } from './study.ts';
import type { StudyRun } from './study-run.ts';
import { StudyStopped } from './study-stopped.ts';
import { summariseTrial } from './summarise-trial.ts';
import { SWEEP_METRICS } from './sweep-trials.ts';

/** Trials whose daily returns are kept to judge the choice of the best: all, or every so many. */
const SAMPLED_TRIALS = 500;

type SearchStudyResult = Pick<StudyResult, 'best' | 'top' | 'deflated_sharpe' | 'overfitting' | 'sensitivity'> & {
  readonly infeasible: number;
};

/** A grid, random or bayesian search on all bars, and how much its best trial can be believed. */
export async function runSearchStudy(
  run: StudyRun,
  method: 'grid' | 'random' | 'bayesian',
): Promise<SearchStudyResult> {
  const { study, context, ledger } = run;
  const space = createSearchSpace(context.parameters, study.search_space, context.base_params);
  const planned = plannedTrials(method, study.planned_trials, space);
  const stride = Math.ceil(planned / SAMPLED_TRIALS);
  const window = { from: 0, trade_from: 0, to: context.candles.ts.length };
  ledger.planned_trials = planned;
  const findings = await runSearch(run, {
    method,
    trials: study.planned_trials,
    seed: study.seed,
    windowFor: () => window,
    // Thousands are swept where that is enough to compare them; those that are sampled are run in full.
    detail: SWEEP_METRICS.some((name) => name === study.objective) ? 'quick' : 'metrics',
    labels: {},
    keepSeries: (number) => (number - 1) % stride === 0,
    onProgress: (share, { top }) => {
      ledger.progress = share;
      ledger.best_trial = top[0]?.number ?? null;
    },
  });
  await ledger.flush();
  const series = await completeSeries(run, findings, { window, isSampled: (number) => (number - 1) % stride === 0 });
  const best = findings.top[0] ?? null;
  const deflated_sharpe = await deflateBest(run, series, best?.number ?? null);
  const { overfitting, sensitivity } = await judge(run, findings, series);
  return {
    best: best && summariseTrial(best),
    top: findings.top.map(summariseTrial),
    deflated_sharpe,
    overfitting,
    sensitivity,
    infeasible: findings.infeasible,
  };
}

/** How the choice could deceive. Failed trials have no value; neighbours that failed speak against the best. */
async function judge(
  { study, context, signal }: StudyRun,
  { space, trials, top }: SearchFindings,
  series: ReadonlyMap<number, TrialSeries>,
): Promise<Judgement> {
  const best = trials.findIndex(({ number }) => number === top[0]?.number);
  const judgement = await context.judge({
    returns: [...series.values()].map(({ daily_returns }) => daily_returns),
    space,
    points: trials.map(({ values, value }) => ({ values, value })),
    best: best < 0 ? null : best,
    direction: study.direction,
  });
  if (signal.aborted) throw new StudyStopped();
  return judgement;
}
