import type { BacktestReport } from '@tradebase/contracts';
import { executionsText } from './executions-text.ts';
import { formatNumber, moneyDecimals } from './format.ts';
import { printable } from './printable.ts';

/** What a result should be read with, for the terminal: warnings, costs, orders, the data, and the receipt. */
export function formatBackground(report: BacktestReport, { color }: { readonly color: boolean }): string {
  const warnings = report.notes
    .filter(({ level }) => level === 'warning')
    .map(({ message }) => (color ? `\u001b[33m! ${printable(message)}\u001b[0m` : `! ${printable(message)}`));
  const receipt = Object.entries(report.receipt ?? {}).map(([name, value]) => `  ${name.padEnd(16)}${value}`);
  return [
    ...warnings,
    costsText(report),
    ...executionsText(report).map(printable),
    `Data: ${report.summary.data_quality.verdict}.`,
    ...(receipt.length > 0 ? ['Receipt:', ...receipt] : []),
  ].join('\n');
}

function costsText({ summary: { costs, initial_cash } }: BacktestReport): string {
  const money = (value: number) => formatNumber(value, { decimals: moneyDecimals(initial_cash) });
  const { total, ...kinds } = costs;
  const paid = Object.entries(kinds).filter(([, amount]) => amount !== 0);
  if (paid.length === 0) return 'Costs: none.';
  return `Costs: ${money(total)} (${paid.map(([name, amount]) => `${name} ${money(amount)}`).join(', ')}).`;
}
