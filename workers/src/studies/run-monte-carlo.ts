import type {
  MonteCarloMethod,
  MonteCarloResult,
  MonteCarloSettings,
  ParameterValues,
  StudyResult,
} from '@tradebase/contracts';
import {
  describePaths,
  EngineError,
  type PathStatistics,
  pathStatistics,
  Random,
  type ReturnResampling,
  resampleReturns,
} from '@tradebase/engine';
import { evaluateAll } from './evaluate-all.ts';
import { inSlices } from './in-slices.ts';
import { scoreTrial } from './score-trial.ts';
import type { TrialOutcome, TrialRecord, TrialRequest, TrialSeries } from './study.ts';
import type { StudyRun } from './study-run.ts';

type CandleMethod = Extract<MonteCarloMethod, 'candle_bootstrap' | 'candle_noise'>;
type CompletedOutcome = Extract<TrialOutcome, { outcome: 'completed' }>;

/**
 * Runs the backtest as it was, and what could have been: rearranged trades and days are computed at once; backtests on
 * other candles are the trials of the study.
 *
 * @throws EngineError `invalid_study` where the backtest itself fails, or there is something to search
 */
export async function runMonteCarlo(run: StudyRun): Promise<Pick<StudyResult, 'monte_carlo'>> {
  const { study, ledger, signal } = run;
  if (Object.keys(study.search_space).length > 0) {
    throw new EngineError('invalid_study', 'a Monte Carlo searches nothing; its search space must be empty');
  }
  const settings = study.spec.monte_carlo;
  const methods = [...new Set(settings.methods)];
  const candleMethods = methods.filter(isCandleMethod);
  ledger.planned_trials = candleMethods.length * settings.candle_paths;
  const original = await runOriginal(run);
  scoreTrial(study, original.metrics);
  const results: MonteCarloResult[] = [];
  for (const [order, method] of methods.entries()) {
    const seeds = new Random(study.seed, order);
    const result = isCandleMethod(method)
      ? await runOnOtherCandles(run, original, method, seeds, (share) => {
          ledger.progress = (candleMethods.indexOf(method) + share) / candleMethods.length;
        })
      : await inSlices(rearrange(original.series, method, settings, seeds.integer(Number.MAX_SAFE_INTEGER)), signal);
    results.push(result);
  }
  await ledger.flush();
  return { monte_carlo: results };
}

function isCandleMethod(method: MonteCarloMethod): method is CandleMethod {
  return method === 'candle_bootstrap' || method === 'candle_noise';
}

async function runOriginal(run: StudyRun): Promise<CompletedOutcome & { readonly series: TrialSeries }> {
  const [outcome] = await evaluateAll(run, [requestOf(run, 'series', null)]);
  if (outcome?.outcome === 'completed' && outcome.series) return { ...outcome, series: outcome.series };
  const reason = outcome?.outcome === 'failed' ? outcome.message : 'it came without returns';
  throw new EngineError('invalid_study', `the backtest of the Monte Carlo failed: ${reason}`);
}

function requestOf(
  { context }: StudyRun,
  detail: TrialRequest['detail'],
  perturbation: TrialRequest['perturbation'],
): TrialRequest {
  const window = { from: 0, trade_from: 0, to: context.candles.ts.length };
  return { params: context.base_params, window, detail, perturbation };
}

function* rearrange(
  series: TrialSeries,
  method: Exclude<MonteCarloMethod, CandleMethod>,
  { paths, mean_block, ruin_drawdown_pct }: MonteCarloSettings,
  seed: number,
): Generator<unknown, MonteCarloResult, void> {
  const returns = method === 'return_bootstrap' ? series.daily_returns : series.trade_returns;
  if (returns.length < 2) {
    const what = method === 'return_bootstrap' ? 'days' : 'closed trades';
    return noPaths(method, `the backtest has ${returns.length} ${what}; it takes at least two`);
  }
  const statistics = yield* resampleReturns(returns, resamplingOf(method, mean_block), { paths, seed });
  return describe(method, statistics, pathStatistics(returns), { ruin_drawdown_pct, failed: 0, objective: null });
}

function resamplingOf(method: Exclude<MonteCarloMethod, CandleMethod>, mean_block: number): ReturnResampling {
  switch (method) {
    case 'trade_bootstrap':
      return { method: 'bootstrap' };
    case 'trade_permutation':
      return { method: 'permutation' };
    case 'return_bootstrap':
      return { method: 'blocks', mean_block };
  }
}

async function runOnOtherCandles(
  run: StudyRun,
  original: CompletedOutcome,
  method: CandleMethod,
  seeds: Random,
  onProgress: (share: number) => void,
): Promise<MonteCarloResult> {
  const { study, ledger } = run;
  const { candle_paths, mean_block, noise, ruin_drawdown_pct } = study.spec.monte_carlo;
  const paths = Array.from({ length: candle_paths }, () => {
    const seed = seeds.integer(Number.MAX_SAFE_INTEGER);
    const params: ParameterValues = { method, path_seed: seed };
    const { number, recorded } = ledger.next(params);
    return { seed, params, number, record: recorded };
  });
  const missing = paths.filter(({ record }) => record === null);
  let done = paths.length - missing.length;
  const requests = missing.map(({ seed }) => requestOf(run, 'metrics', { method, seed, mean_block, noise }));
  await evaluateAll(run, requests, (index, outcome) => {
    const path = missing[index];
    if (path === undefined) return;
    path.record = recordOf(run, path, outcome);
    done += 1;
    onProgress(done / paths.length);
    ledger.add(path.record);
  });
  const records = paths.flatMap(({ record }) => (record === null ? [] : [record]));
  const completed = records.flatMap(({ metrics }) => (metrics === null ? [] : [metrics]));
  if (completed.length === 0) return noPaths(method, records[0]?.error ?? 'no path ran to its end');
  return describe(method, completed.map(statisticsOf), statisticsOf(original.metrics), {
    ruin_drawdown_pct,
    failed: records.length - completed.length,
    objective: describePaths(
      records.map(({ objective_value }) => objective_value),
      scoreTrial(study, original.metrics),
    ),
  });
}

function recordOf(
  { study }: StudyRun,
  { number, params }: { number: number; params: ParameterValues },
  outcome: TrialOutcome,
): TrialRecord {
  if (outcome.outcome === 'failed') {
    return { number, params, status: 'failed', metrics: null, objective_value: null, error: outcome.message };
  }
  const { metrics } = outcome;
  return { number, params, status: 'completed', metrics, objective_value: scoreTrial(study, metrics), error: null };
}

type NullableStatistics = { readonly [Name in keyof PathStatistics]: PathStatistics[Name] | null };

function statisticsOf(metrics: CompletedOutcome['metrics']): NullableStatistics {
  return {
    total_return_pct: metrics.total_return_pct ?? null,
    max_drawdown_pct: metrics.max_drawdown_pct ?? null,
    sharpe_per_period: metrics.sharpe_per_period ?? null,
  };
}

function describe(
  method: MonteCarloMethod,
  paths: readonly NullableStatistics[],
  original: NullableStatistics,
  extra: { ruin_drawdown_pct: number; failed: number; objective: MonteCarloResult['objective'] },
): MonteCarloResult {
  const distribution = (name: keyof PathStatistics) =>
    describePaths(
      paths.map((path) => path[name]),
      original[name],
    );
  const share = (holds: (path: NullableStatistics) => boolean) => paths.filter(holds).length / paths.length;
  return {
    method,
    paths: paths.length,
    failed_paths: extra.failed,
    reason: null,
    total_return_pct: distribution('total_return_pct'),
    max_drawdown_pct: distribution('max_drawdown_pct'),
    sharpe_per_period: distribution('sharpe_per_period'),
    objective: extra.objective,
    ruin_probability: share(({ max_drawdown_pct }) => (max_drawdown_pct ?? 0) >= extra.ruin_drawdown_pct),
    loss_probability: share(({ total_return_pct }) => (total_return_pct ?? 0) < 0),
  };
}

function noPaths(method: MonteCarloMethod, reason: string): MonteCarloResult {
  return {
    method,
    paths: 0,
    failed_paths: 0,
    reason,
    total_return_pct: null,
    max_drawdown_pct: null,
    sharpe_per_period: null,
    objective: null,
    ruin_probability: null,
    loss_probability: null,
  };
}
