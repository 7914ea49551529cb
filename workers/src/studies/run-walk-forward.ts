import type { ParameterValues, StudyFold, StudyResult } from '@tradebase/contracts';
import {
  type BarRange,
  createSearchSpace,
  EngineError,
  type FoldReturns,
  planWalkForward,
  Random,
  stitchOutOfSample,
  type WalkForwardFold,
} from '@tradebase/engine';
import { evaluateAll } from './evaluate-all.ts';
import { plannedTrials, runSearch } from './run-search.ts';
import { scoreTrial } from './score-trial.ts';
import type { BarWindow, TrialOutcome, TrialRecord } from './study.ts';
import type { StudyRun } from './study-run.ts';
import { summariseTrial } from './summarise-trial.ts';

/** Points of the equity that a result keeps. */
const MOST_POINTS = 2000;

type WalkForwardStudyResult = Pick<StudyResult, 'best' | 'top' | 'walk_forward'> & { readonly infeasible: number };

/**
 * Searches on each training window, and runs the best of each on the test that follows: with indicators that saw the bars
 * before, but an account that begins with the test, flat.
 *
 * @throws EngineError `invalid_walk_forward`, `invalid_search_space`, `invalid_study`
 */
export async function runWalkForward(run: StudyRun): Promise<WalkForwardStudyResult> {
  const { study, context, ledger } = run;
  const settings = study.spec.walk_forward;
  if (settings === undefined) {
    throw new EngineError('invalid_walk_forward', 'a walk-forward needs spec.walk_forward with train and test');
  }
  const plan = planWalkForward(context.candles.ts, settings);
  const space = createSearchSpace(context.parameters, study.search_space, context.base_params);
  const perFold = settings.trials_per_fold ?? null;
  ledger.planned_trials = plan.length * plannedTrials(settings.method, perFold, space);
  const folds: StudyFold[] = [];
  const returns: FoldReturns[] = [];
  const top: TrialRecord[] = [];
  let infeasible = 0;
  for (const fold of plan) {
    const windowFor = (params: ParameterValues, range: BarRange) => windowOf(run, params, range, settings.history_bars);
    const findings = await runSearch(run, {
      method: settings.method,
      trials: perFold,
      seed: new Random(study.seed, fold.fold).integer(Number.MAX_SAFE_INTEGER),
      windowFor: (params) => windowFor(params, fold.train),
      // A sweep has no bars before its window.
      detail: 'metrics',
      labels: { fold: fold.fold },
      keepSeries: () => false,
      onProgress: (share) => {
        ledger.progress = (fold.fold - 1 + share) / plan.length;
      },
    });
    infeasible += findings.infeasible;
    const best = findings.top[0] ?? null;
    const trials = findings.trials.length;
    if (best === null) {
      folds.push(describeFold(run, fold, { trials, best, test: null }));
      continue;
    }
    const [train, test] = await evaluateAll(
      run,
      [fold.train, fold.test].map((range) => ({
        params: best.params,
        window: windowFor(best.params, range),
        detail: 'series',
        perturbation: null,
      })),
    );
    top.push(best);
    folds.push(describeFold(run, fold, { trials, best, test: test ?? null }));
    returns.push(...foldReturns(train, test));
  }
  await ledger.flush();
  const last = top.at(-1) ?? null;
  ledger.best_trial = last?.number ?? null;
  const stitched = stitchOutOfSample(returns);
  const { total_return_pct, max_drawdown_pct, sharpe_per_period, days, equity, equity_ts, efficiency } = stitched;
  return {
    best: last && summariseTrial(last),
    top: top.slice(-20).map(summariseTrial),
    infeasible,
    walk_forward: {
      folds,
      out_of_sample: {
        total_return_pct,
        max_drawdown_pct,
        sharpe_per_period,
        days,
        equity: thin(equity),
        equity_at: thin(equity_ts),
      },
      efficiency,
      profitable_folds: folds.filter(({ out_of_sample_return_pct }) => (out_of_sample_return_pct ?? 0) > 0).length,
    },
  };
}

/** A range with the bars before it that indicators need: as many as asked for, and no fewer than the warm-up. */
function windowOf({ context }: StudyRun, params: ParameterValues, { from, to }: BarRange, history: number): BarWindow {
  const before = Math.max(history, context.evaluator.warmUpBars(params));
  return { from: Math.max(from - before, 0), trade_from: from, to };
}

function foldReturns(train: TrialOutcome | undefined, test: TrialOutcome | undefined): FoldReturns[] {
  if (train?.outcome !== 'completed' || test?.outcome !== 'completed' || !train.series || !test.series) return [];
  return [
    {
      in_sample: train.series.daily_returns,
      out_of_sample: test.series.daily_returns,
      out_of_sample_ts: test.series.daily_ts,
    },
  ];
}

function describeFold(
  { study, context }: StudyRun,
  { fold, train, test }: WalkForwardFold,
  found: { trials: number; best: TrialRecord | null; test: TrialOutcome | null },
): StudyFold {
  const metrics = found.test?.outcome === 'completed' ? found.test.metrics : null;
  const at = (bar: number) => new Date(context.candles.ts[bar] ?? Number.NaN).toISOString();
  const describe = ({ from, to }: BarRange) => ({ from_bar: from, to_bar: to, from_at: at(from), to_at: at(to - 1) });
  return {
    fold,
    train: describe(train),
    test: describe(test),
    trials: found.trials,
    best_trial: found.best?.number ?? null,
    params: found.best?.params ?? null,
    in_sample: found.best?.objective_value ?? null,
    // With min_trades of the search a short test would seldom count: its objective is shown as it is.
    out_of_sample: metrics === null ? null : scoreTrial(withoutLeastTrades(study), metrics),
    out_of_sample_return_pct: metrics?.total_return_pct ?? null,
    metrics,
  };
}

function withoutLeastTrades(study: StudyRun['study']): StudyRun['study'] {
  return { ...study, spec: { ...study.spec, search: { ...study.spec.search, min_trades: 0 } } };
}

/** Evenly chosen points, the last one always, six digits of each ratio. */
function thin(values: Float64Array): number[] {
  const count = Math.min(values.length, MOST_POINTS);
  return Array.from({ length: count }, (_, at) => {
    const place = count === 1 ? values.length - 1 : Math.round((at * (values.length - 1)) / (count - 1));
    return values[place] as number;
  });
}
