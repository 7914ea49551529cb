import type { TrialMetrics } from '@tradebase/contracts';
import { EngineError, nearestName } from '@tradebase/engine';
import type { Study } from './study.ts';

/**
 * The objective of a backtest: null where the metric is undefined, or there are too few trades to believe it.
 *
 * @throws EngineError `invalid_study` where there is no such metric
 */
export function scoreTrial({ objective, spec }: Study, metrics: TrialMetrics): number | null {
  const value = metrics[objective];
  if (value === undefined) {
    const names = Object.keys(metrics);
    const meant = nearestName(objective, names);
    const hint = meant === null ? `there are ${names.join(', ')}` : `did you mean ${meant}?`;
    throw new EngineError('invalid_study', `the objective ${objective} is no metric of a backtest; ${hint}`);
  }
  if (value === null || !Number.isFinite(value)) return null;
  return (metrics.trades ?? 0) >= spec.search.min_trades ? value : null;
}

/** An objective as a number of which more is better, and back: the same operation. */
export function orient({ direction }: Study, value: number): number {
  return direction === 'maximise' ? value : -value;
}
