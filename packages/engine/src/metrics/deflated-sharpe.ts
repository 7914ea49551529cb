import { inverseNormalCdf } from '../math/normal.ts';
import { type Metric, undefinedBecause } from './metric.ts';
import { probabilisticSharpe, type SharpeEvidence } from './probabilistic-sharpe.ts';

const EULER_MASCHERONI = 0.5772156649015329;

/** All trials of a family of strategies: failed, deleted and abandoned ones included. */
export interface SharpeTrials {
  readonly count: number;
  /** Variance (n - 1) of their Sharpe ratios per period. */
  readonly variance: number;
}

/**
 * The Sharpe ratio per period that the best of so many trials would have by luck alone, were the true ratio of each zero:
 * sqrt(V) ((1 - c) PhiInv(1 - 1/K) + c PhiInv(1 - 1/(K e))), c the Euler-Mascheroni constant. 0 for a single trial, whose
 * result was not chosen among others.
 */
export function expectedMaxSharpe({ count, variance }: SharpeTrials): number {
  if (count <= 1) return 0;
  // The upper quantiles are the negative lower ones, which do not lose the digits of 1/K.
  const first = -inverseNormalCdf(1 / count);
  const second = -inverseNormalCdf(1 / (count * Math.E));
  return Math.sqrt(variance) * ((1 - EULER_MASCHERONI) * first + EULER_MASCHERONI * second);
}

/**
 * Deflated Sharpe ratio: the probability that the true Sharpe ratio is above what luck gives the best of all trials.
 * Bailey and Lopez de Prado, "The deflated Sharpe ratio", Journal of Portfolio Management 40 (2014).
 */
export function deflatedSharpe(evidence: SharpeEvidence, trials: SharpeTrials): Metric {
  if (!(trials.count >= 1)) return undefinedBecause('there is no trial; the strategy itself is one');
  if (!(trials.variance >= 0)) return undefinedBecause('the variance of the Sharpe ratios of the trials is unknown');
  return probabilisticSharpe(evidence, expectedMaxSharpe(trials));
}
