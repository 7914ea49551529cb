import { mean } from '../math/mean.ts';
import { defined, type Metric, RETURN_ROUNDING, undefinedBecause } from './metric.ts';

/**
 * Sortino ratio, annualised: mean(r - rf) / downsideDeviation(r - rf) * sqrt(periodsPerYear).
 *
 * @param riskFreePerPeriod the risk-free rate a year over the periods a year, as a fraction; also the least return wanted
 */
export function sortino(returns: Float64Array, periodsPerYear: number, riskFreePerPeriod = 0): Metric {
  if (returns.length === 0) return undefinedBecause('there are no daily returns');
  const downside = downsideDeviation(returns, riskFreePerPeriod);
  if (!Number.isFinite(downside)) return undefinedBecause('a daily return is not finite: equity fell to zero');
  if (downside <= RETURN_ROUNDING) {
    return undefinedBecause(
      riskFreePerPeriod === 0 ? 'no daily return is negative' : 'no daily return is below the risk-free rate',
    );
  }
  return defined(((mean(returns) - riskFreePerPeriod) / downside) * Math.sqrt(periodsPerYear));
}

/** sqrt(mean(min(r - target, 0)^2)), the mean over all returns, not over the negative ones alone. */
export function downsideDeviation(returns: Float64Array, target = 0): number {
  let squares = 0;
  for (let i = 0; i < returns.length; i++) {
    const shortfall = Math.min((returns[i] as number) - target, 0);
    squares += shortfall * shortfall;
  }
  return Math.sqrt(squares / returns.length);
}
