import type { NodeId, Plan, PlanNode } from '../plan/plan.ts';
import { inputsOf } from '../plan/plan-inputs.ts';
import { INDICATOR_KERNELS } from './indicator-kernel.ts';

/** Longest window of which kernels keep the history. */
const MAX_PERIOD = 100_000;

/** Those of the nodes that kernels cannot compute, because of what they are or of what they are computed from. */
export function withoutKernels(plan: Plan, nodes: readonly NodeId[]): NodeId[] {
  const has: boolean[] = [];
  for (const node of plan.nodes) has.push(hasKernel(node) && inputsOf(node).every((id) => has[id] ?? false));
  return nodes.filter((id) => !has[id]);
}

function hasKernel(node: PlanNode): boolean {
  switch (node.op) {
    case 'constant':
      return true;
    case 'shift':
      return node.bars <= MAX_PERIOD;
    case 'column':
      return node.instrument === null && node.timeframe === null;
    case 'extra':
      return node.instrument === null;
    case 'indicator': {
      const isMain = node.instrument === null && node.timeframe === null;
      return isMain && Object.hasOwn(INDICATOR_KERNELS, node.name) && node.params.every((value) => value <= MAX_PERIOD);
    }
    case 'unary':
      return node.operator === 'not';
    case 'binary':
      return node.operator !== 'power' && node.operator !== 'modulo';
    case 'align':
    case 'choose':
      return false;
  }
}
