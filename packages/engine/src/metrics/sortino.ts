import { mean } from './mean.ts';
import { defined, type Metric, RETURN_ROUNDING, undefinedBecause } from './metric.ts';

/** mean / sqrt(mean(min(r, 0)^2)) * sqrt(periodsPerYear), both means over all returns, no risk-free rate. */
export function sortino(returns: Float64Array, periodsPerYear: number): Metric {
  if (returns.length === 0) return undefinedBecause('there are no daily returns');

  let squares = 0;
  for (let i = 0; i < returns.length; i++) {
    const shortfall = Math.min(returns[i] ?? NaN, 0);
    squares += shortfall * shortfall;
  }
  const downsideDeviation = Math.sqrt(squares / returns.length);
  if (!Number.isFinite(downsideDeviation)) return undefinedBecause('a daily return is not finite: equity fell to zero');
  if (downsideDeviation <= RETURN_ROUNDING) return undefinedBecause('no daily return is negative');
  return defined((mean(returns) / downsideDeviation) * Math.sqrt(periodsPerYear));
}
