import type { DeflatedSharpeEstimate } from '@tradebase/contracts';
import { pathStatistics } from '@tradebase/engine';
import type { TrialSeries } from './study.ts';
import type { StudyRun } from './study-run.ts';

/**
 * The deflated Sharpe ratio of the best trial. The number of trials is that of all ever made; the variance of their
 * Sharpe ratios is that of the trials at hand.
 */
export async function deflateBest(
  { context }: StudyRun,
  series: ReadonlyMap<number, TrialSeries>,
  best: number | null,
): Promise<DeflatedSharpeEstimate> {
  const trials = await context.store.countTrials();
  const returns = best === null ? undefined : series.get(best)?.daily_returns;
  if (returns === undefined) return noDeflatedSharpe(trials, 'no trial has a value');
  const { sharpe_per_period } = pathStatistics(returns);
  const periods = returns.length;
  const variance = varianceOf(
    [...series.values()].flatMap(({ daily_returns }) => pathStatistics(daily_returns).sharpe_per_period ?? []),
  );
  if (sharpe_per_period === null || variance === null) {
    const reason =
      variance === null ? 'fewer than two trials have a Sharpe ratio' : 'the returns of the best do not vary';
    return { ...noDeflatedSharpe(trials, reason), periods, sharpe_per_period, trials_sharpe_variance: variance };
  }
  const { value, reason } = context.deflatedSharpe(returns, { count: trials, variance });
  return { value, reason, trials, periods, sharpe_per_period, trials_sharpe_variance: variance };
}

function noDeflatedSharpe(trials: number, reason: string): DeflatedSharpeEstimate {
  return { value: null, reason, trials, periods: 0, sharpe_per_period: null, trials_sharpe_variance: null };
}

/** Sample variance; null of fewer than two numbers. */
function varianceOf(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}
