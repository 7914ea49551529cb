import { deviationProblem } from './deviation-problem.ts';
import { defined, type Metric, undefinedBecause } from './metric.ts';
import { type ReturnMoments, returnMoments } from './return-moments.ts';

/**
 * Sharpe ratio, annualised: (mean - risk-free) / sample deviation (n - 1) * sqrt(periodsPerYear).
 *
 * @param riskFreePerPeriod the risk-free rate a year over the periods a year, as a fraction
 */
export function sharpe(returns: Float64Array, periodsPerYear: number, riskFreePerPeriod = 0): Metric {
  return sharpeOf(returnMoments(returns), periodsPerYear, riskFreePerPeriod);
}

/** The same from moments that are known already. With 1 period per year it is the ratio per period. */
export function sharpeOf(moments: ReturnMoments, periodsPerYear: number, riskFreePerPeriod = 0): Metric {
  const problem = deviationProblem(moments);
  if (problem !== null) return undefinedBecause(problem);
  return defined(((moments.mean - riskFreePerPeriod) / moments.deviation) * Math.sqrt(periodsPerYear));
}
