import type { BacktestReport } from '@tradebase/contracts';
import { formatNumber } from './format.ts';

/** What became of the orders, in sentences, for the terminal and the HTML report alike; none where orders were not kept. */
export function executionsText({ executions }: BacktestReport): string[] {
  if (executions === null) return [];
  const { orders, option_fills, option_orders_rejected, rejections } = executions;
  const lines: string[] = [];
  const placed = Object.values(orders).reduce((sum, count) => sum + count, 0);
  if (placed > 0) lines.push(`Orders: ${count(placed)} placed, ${listed(orders)}.`);
  if (option_fills !== null) {
    const { data, model, settlement } = option_fills;
    lines.push(
      `Option fills: ${count(data)} at quotes of the market, ${count(model)} at quotes of the model, ${count(settlement)} by settlement.`,
    );
  }
  const rejected = orders.rejected + option_orders_rejected;
  if (rejected > 0) {
    const reasons = rejections.map((rejection) => `${rejection.reason.replaceAll('_', ' ')} ${count(rejection.count)}`);
    lines.push(`Rejected: ${count(rejected)} orders. ${reasons.join(', ')}.`);
  }
  return lines;
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, value]) => value > 0)
    .map(([name, value]) => `${count(value)} ${name}`)
    .join(', ');
}

function count(value: number): string {
  return formatNumber(value, { decimals: 0 });
}
