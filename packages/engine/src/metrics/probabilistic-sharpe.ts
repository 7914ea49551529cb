import { normalCdf } from '../math/normal.ts';
import { deviationProblem } from './deviation-problem.ts';
import { defined, type Metric, undefinedBecause } from './metric.ts';
import type { ReturnMoments } from './return-moments.ts';

/** What the Sharpe ratio of a series is judged by. All ratios are per period, not annualised. */
export interface SharpeEvidence {
  readonly sharpePerPeriod: number;
  /** Number of returns. */
  readonly count: number;
  readonly skewness: number;
  /** Not in excess: 3 for a normal distribution. */
  readonly kurtosis: number;
}

/**
 * Probability that the true Sharpe ratio is above a benchmark, given the length and the shape of the series: Phi((SR - b)
 * sqrt(n - 1) / sqrt(1 - g3 SR + (g4 - 1) / 4 SR^2)). Bailey and Lopez de Prado, "The Sharpe ratio efficient frontier",
 * Journal of Risk 15 (2012).
 *
 * @param benchmarkPerPeriod a Sharpe ratio per period; an annual one is divided by sqrt(periods a year)
 */
export function probabilisticSharpe(evidence: SharpeEvidence, benchmarkPerPeriod = 0): Metric {
  const { sharpePerPeriod, count, skewness, kurtosis } = evidence;
  if (count < 2) return undefinedBecause('fewer than two returns say nothing about a Sharpe ratio');
  // Cauchy and Schwarz keep this above zero for the moments of a series; moments given by hand may break it.
  const variance = 1 - skewness * sharpePerPeriod + ((kurtosis - 1) / 4) * sharpePerPeriod * sharpePerPeriod;
  if (!(variance > 0)) return undefinedBecause('skewness and kurtosis leave the Sharpe ratio without a variance');
  return defined(normalCdf(((sharpePerPeriod - benchmarkPerPeriod) * Math.sqrt(count - 1)) / Math.sqrt(variance)));
}

/** Probabilistic Sharpe ratio of a series by its moments, its Sharpe ratio being in excess of the risk-free rate. */
export function probabilisticSharpeOf(
  moments: ReturnMoments,
  { benchmarkPerPeriod = 0, riskFreePerPeriod = 0 } = {},
): Metric {
  const problem = deviationProblem(moments);
  if (problem !== null) return undefinedBecause(problem);
  const { mean, deviation, count, skewness, kurtosis } = moments;
  const sharpePerPeriod = (mean - riskFreePerPeriod) / deviation;
  return probabilisticSharpe({ sharpePerPeriod, count, skewness, kurtosis }, benchmarkPerPeriod);
}
