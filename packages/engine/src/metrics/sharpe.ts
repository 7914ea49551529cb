import { mean } from './mean.ts';
import { defined, type Metric, RETURN_ROUNDING, undefinedBecause } from './metric.ts';

/** mean / sample deviation (n - 1) * sqrt(periodsPerYear), no risk-free rate. */
export function sharpe(returns: Float64Array, periodsPerYear: number): Metric {
  if (returns.length < 2) return undefinedBecause('fewer than two daily returns have no deviation');

  const average = mean(returns);
  let squares = 0;
  for (let i = 0; i < returns.length; i++) {
    const distance = (returns[i] ?? NaN) - average;
    squares += distance * distance;
  }
  const deviation = Math.sqrt(squares / (returns.length - 1));
  if (!Number.isFinite(deviation)) return undefinedBecause('a daily return is not finite: equity fell to zero');
  if (deviation <= RETURN_ROUNDING) return undefinedBecause('the daily returns have zero deviation');
  return defined((average / deviation) * Math.sqrt(periodsPerYear));
}
