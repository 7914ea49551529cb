import type { BinaryOperator, PlanNode } from './plan.ts';

const CONDITIONS: ReadonlySet<BinaryOperator> = new Set([
  'less',
  'less_equal',
  'greater',
  'greater_equal',
  'equal',
  'not_equal',
  'and',
  'or',
  'crosses_above',
  'crosses_below',
]);

/** Whether an operator gives a condition. */
export function isConditionOperator(operator: BinaryOperator): boolean {
  return CONDITIONS.has(operator);
}

/** Whether a node is a condition: 0 or 1 at every bar, by what it does. */
export function isCondition(node: PlanNode | undefined): boolean {
  if (node?.op === 'binary') return isConditionOperator(node.operator);
  return node?.op === 'unary' && node.operator === 'not';
}
