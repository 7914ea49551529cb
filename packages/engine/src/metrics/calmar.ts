import { defined, type Metric, undefinedBecause } from './metric.ts';

/** Compound annual growth over maximum drawdown, both in percent. */
export function calmar(cagr: Metric, maxDrawdownPct: number): Metric {
  if (cagr.value === null) return undefinedBecause(`cagr_pct is undefined: ${cagr.reason}`);
  if (maxDrawdownPct === 0) return undefinedBecause('there was no drawdown');
  return defined(cagr.value / maxDrawdownPct);
}
