import type { PathDistribution } from '@tradebase/contracts';
import { quantile } from '../math/quantile.ts';

/**
 * Percentiles of a statistic over the paths of a Monte Carlo, and where the original lies: the percentage of paths below
 * it, those that equal it counted half. Paths without a value do not count; null where none has one.
 */
export function describePaths(values: Iterable<number | null>, original: number | null): PathDistribution | null {
  const ascending = Float64Array.from(
    [...values].filter((value) => value !== null && Number.isFinite(value)) as number[],
  );
  if (ascending.length === 0) return null;
  ascending.sort();
  let below = 0;
  let equal = 0;
  let sum = 0;
  for (const value of ascending) {
    if (original !== null && value < original) below += 1;
    if (value === original) equal += 1;
    sum += value;
  }
  return {
    original,
    original_percentile: original === null ? null : (100 * (below + equal / 2)) / ascending.length,
    mean: sum / ascending.length,
    percentiles: {
      p1: quantile(ascending, 0.01),
      p5: quantile(ascending, 0.05),
      p25: quantile(ascending, 0.25),
      p50: quantile(ascending, 0.5),
      p75: quantile(ascending, 0.75),
      p95: quantile(ascending, 0.95),
      p99: quantile(ascending, 0.99),
    },
  };
}
