import { defined, type Metric, undefinedBecause } from './metric.ts';
import { returnMoments } from './return-moments.ts';

/**
 * System quality number (Van Tharp): sqrt(n) times the mean profit of a trade over its sample deviation, in money.
 *
 * @param pnl net profit of each closed trade
 */
export function systemQuality(pnl: Float64Array): Metric {
  if (pnl.length < 2) return undefinedBecause('fewer than two closed trades have no deviation');
  const { mean, deviation } = returnMoments(pnl);
  // A deviation of rounding alone says that all trades earned the same.
  if (!(deviation > 4 * Number.EPSILON * Math.abs(mean))) return undefinedBecause('all trades earned the same');
  return defined((Math.sqrt(pnl.length) * mean) / deviation);
}
