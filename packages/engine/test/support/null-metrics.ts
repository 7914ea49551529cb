import type { BacktestSummary } from '@tradebase/contracts';

/** Null where something did not happen, rather than where it cannot be computed. */
const NOTHING_HAPPENED: readonly string[] = [
  'open_position',
  'liquidated_at',
  'max_drawdown',
  'longest_drawdown',
  'best_day',
  'worst_day',
  'best_month',
  'worst_month',
];

/** Names of the metrics of a summary that are null, those of its sides included, in alphabetical order. */
export function nullMetrics(summary: BacktestSummary): string[] {
  const named = (part: object, prefix = '') =>
    Object.entries(part)
      .filter(([name, value]) => value === null && !NOTHING_HAPPENED.includes(name))
      .map(([name]) => prefix + name);
  return [...named(summary), ...named(summary.long, 'long.'), ...named(summary.short, 'short.')].sort();
}
