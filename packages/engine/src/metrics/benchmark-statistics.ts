import { defined, type Metric, RETURN_ROUNDING, undefinedBecause } from './metric.ts';
import { returnMoments } from './return-moments.ts';

export interface BenchmarkStatistics {
  /** Slope of the strategy's returns on the benchmark's: covariance over variance. */
  readonly beta: Metric;
  /** Jensen's alpha a year, as a fraction: N ((mean(r) - rf) - beta (mean(b) - rf)). */
  readonly alpha: Metric;
  readonly correlation: Metric;
  /** Deviation (n - 1) of the returns in excess of the benchmark, annualised, as a fraction. */
  readonly trackingError: Metric;
  /** Mean over deviation of the returns in excess of the benchmark, times sqrt(N). */
  readonly informationRatio: Metric;
}

/**
 * How a strategy did beside a benchmark, by returns of the same days.
 *
 * @param benchmark returns of the same length
 * @param periodsPerYear N
 */
export function benchmarkStatistics(
  returns: Float64Array,
  benchmark: Float64Array,
  periodsPerYear: number,
  riskFreePerPeriod = 0,
): BenchmarkStatistics {
  const own = returnMoments(returns);
  const other = returnMoments(benchmark);
  const active = returnMoments(returns.map((value, day) => value - (benchmark[day] as number)));
  const root = Math.sqrt(periodsPerYear);
  if (own.count < 2) return allUndefined('fewer than two daily returns cannot be compared');
  if (!Number.isFinite(own.deviation) || !Number.isFinite(other.deviation)) {
    return allUndefined('a daily return is not finite');
  }

  let products = 0;
  for (let day = 0; day < own.count; day++) {
    products += ((returns[day] as number) - own.mean) * ((benchmark[day] as number) - other.mean);
  }
  const covariance = products / (own.count - 1);
  const isFlat = other.deviation <= RETURN_ROUNDING;
  const beta = covariance / (other.deviation * other.deviation);
  const alpha = periodsPerYear * (own.mean - riskFreePerPeriod - beta * (other.mean - riskFreePerPeriod));
  const flat = undefinedBecause('the benchmark did not move');
  return {
    beta: isFlat ? flat : defined(beta),
    alpha: isFlat ? flat : defined(alpha),
    correlation: isFlat
      ? flat
      : own.deviation <= RETURN_ROUNDING
        ? undefinedBecause('the daily returns have zero deviation')
        : defined(covariance / (own.deviation * other.deviation)),
    trackingError: defined(active.deviation * root),
    informationRatio:
      active.deviation <= RETURN_ROUNDING
        ? undefinedBecause('the strategy moved exactly as the benchmark')
        : defined((active.mean / active.deviation) * root),
  };
}

function allUndefined(reason: string): BenchmarkStatistics {
  const none = undefinedBecause(reason);
  return { beta: none, alpha: none, correlation: none, trackingError: none, informationRatio: none };
}
