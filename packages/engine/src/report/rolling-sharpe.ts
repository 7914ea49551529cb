import { RETURN_ROUNDING } from '../metrics/metric.ts';
import { returnMoments } from '../metrics/return-moments.ts';

/**
 * Sharpe ratio of each stretch of `window` daily returns, annualised; one value for each day from the `window`-th on.
 * Null where the returns of the stretch do not vary or are not finite.
 */
export function rollingSharpe(
  returns: Float64Array,
  window: number,
  { periodsPerYear, riskFreePerPeriod }: { periodsPerYear: number; riskFreePerPeriod: number },
): (number | null)[] {
  const root = Math.sqrt(periodsPerYear);
  return Array.from({ length: Math.max(0, returns.length - window + 1) }, (_, start) => {
    // From scratch for each day: sums that slide lose the digits that a quiet stretch needs.
    const { mean, deviation } = returnMoments(returns.subarray(start, start + window));
    return deviation > RETURN_ROUNDING && Number.isFinite(deviation)
      ? ((mean - riskFreePerPeriod) / deviation) * root
      : null;
  });
}
