import { log1p } from '../math/logarithm.ts';
import { pathStatistics } from './path-statistics.ts';

/** Daily returns of a fold's chosen parameters: on the test, and on the training window that they were chosen on. */
export interface FoldReturns {
  readonly out_of_sample: Float64Array;
  /** Open time of the last bar of each day of the test, in milliseconds. */
  readonly out_of_sample_ts: Float64Array;
  readonly in_sample: Float64Array;
}

export interface StitchedOutOfSample {
  readonly total_return_pct: number;
  readonly max_drawdown_pct: number;
  readonly sharpe_per_period: number | null;
  readonly days: number;
  /** What 1 became after each day of the tests, one test after the other, and when. */
  readonly equity: Float64Array;
  readonly equity_ts: Float64Array;
  readonly efficiency: { readonly value: number | null; readonly reason: string | null };
}

/**
 * The tests of a walk-forward as one account: returns are chained, so that each test goes on with what the one before
 * left. Efficiency is the mean daily log return of all tests over that of their training windows, each window's mean
 * weighted by the days of its test (Pardo, "The Evaluation and Optimization of Trading Strategies", 2008): 1 keeps all of what
 * the training promised.
 */
export function stitchOutOfSample(folds: readonly FoldReturns[]): StitchedOutOfSample {
  const days = folds.reduce((sum, { out_of_sample }) => sum + out_of_sample.length, 0);
  const returns = new Float64Array(days);
  const equity_ts = new Float64Array(days);
  let at = 0;
  for (const { out_of_sample, out_of_sample_ts } of folds) {
    returns.set(out_of_sample, at);
    equity_ts.set(out_of_sample_ts, at);
    at += out_of_sample.length;
  }
  let value = 1;
  const equity = returns.map((change) => {
    value *= Math.max(1 + change, 0);
    return value;
  });
  return { ...pathStatistics(returns), days, equity, equity_ts, efficiency: efficiencyOf(folds, days) };
}

function efficiencyOf(folds: readonly FoldReturns[], days: number): StitchedOutOfSample['efficiency'] {
  let tested = 0;
  let promised = 0;
  for (const { out_of_sample, in_sample } of folds) {
    tested += logGrowth(out_of_sample);
    if (in_sample.length > 0) promised += (logGrowth(in_sample) / in_sample.length) * out_of_sample.length;
  }
  if (days === 0) return { value: null, reason: 'no fold has an out-of-sample day' };
  if (!(promised > 0)) return { value: null, reason: 'the chosen parameters made no money in training' };
  if (!Number.isFinite(tested)) return { value: null, reason: 'a test lost everything' };
  return { value: tested / promised, reason: null };
}

function logGrowth(returns: Float64Array): number {
  return returns.reduce((sum, change) => sum + log1p(Math.max(change, -1)), 0);
}
