import { power } from '../math/power.ts';
import { defined, type Metric, undefinedBecause } from './metric.ts';

export const YEAR_MS = 365.25 * 86_400_000;

/**
 * Compound annual growth in percent: (finalEquity / initialCash)^(1 / years) - 1, with years of 365.25 days.
 *
 * @param spanMs from the open of the first bar to the open of the last
 */
export function cagrPct(initialCash: number, finalEquity: number, spanMs: number): Metric {
  if (spanMs === 0) return undefinedBecause('the first and the last bar are the same: no time has passed');
  if (finalEquity < 0) return undefinedBecause('equity ended below zero, which no growth rate leads to');
  const growth = power(finalEquity / initialCash, YEAR_MS / spanMs);
  if (!Number.isFinite(growth)) return undefinedBecause('the span is too short: a year at this rate is not a number');
  return defined(100 * (growth - 1));
}
