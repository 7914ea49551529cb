import type { BacktestReport } from '@tradebase/contracts';
import type { SimulationResult } from '../trading/simulation-result.ts';

const MOST_REASONS = 20;
/** What makes reasons of one kind differ. */
const CONTRACT = /\d{4}-\d{2}-\d{2} [\d.]+ (call|put)/;
const AMOUNT = / \d+\.\d{2} of/;

/** What a simulation may keep of its orders; a stored result does not. */
export type Executions = Partial<Pick<SimulationResult, 'orders' | 'option_fills' | 'option_rejections'>>;

/** What became of the orders, why some were refused, and what options were priced by. */
export function countExecutions({
  orders = null,
  option_fills,
  option_rejections = [],
}: Executions): BacktestReport['executions'] {
  if (orders === null) return null;
  const reasons = new Map<string, number>();
  const statuses = { working: 0, filled: 0, cancelled: 0, expired: 0, rejected: 0 };
  const refuse = (reason: string) => {
    const kind = reason.replace(CONTRACT, 'a contract').replace(AMOUNT, '');
    reasons.set(kind, (reasons.get(kind) ?? 0) + 1);
  };
  for (const { status, reject_reason } of orders) {
    statuses[status]++;
    if (status === 'rejected') refuse(reject_reason ?? 'unknown');
  }
  for (const { reason } of option_rejections) refuse(reason);
  return {
    orders: statuses,
    option_fills: option_fills ? countSources(option_fills) : null,
    option_orders_rejected: option_rejections.length,
    rejections: Array.from(reasons, ([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count)
      .slice(0, MOST_REASONS),
  };
}

function countSources(fills: NonNullable<Executions['option_fills']>) {
  const sources = { data: 0, model: 0, settlement: 0 };
  for (const { source } of fills) sources[source]++;
  return sources;
}
