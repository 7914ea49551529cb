import type { NodeId, Plan, PlanNode } from './plan.ts';
import { inputsOf, withInputs } from './plan-inputs.ts';

/** A plan of the nodes alone that some are computed from, and the new ids of those that stay. */
export function prunePlan(
  nodes: readonly PlanNode[],
  wanted: Iterable<NodeId>,
): { plan: Plan; renumber: (id: NodeId) => NodeId } {
  const needed = new Set(wanted);
  for (let id = nodes.length - 1; id >= 0; id--) {
    const node = nodes[id];
    if (node && needed.has(id)) for (const input of inputsOf(node)) needed.add(input);
  }
  const ids = new Map<NodeId, NodeId>();
  const renumber = (id: NodeId): NodeId => {
    const renumbered = ids.get(id);
    if (renumbered === undefined) throw new RangeError(`node ${id} is not in the plan`);
    return renumbered;
  };
  const kept: PlanNode[] = [];
  for (const [id, node] of nodes.entries()) {
    if (needed.has(id)) ids.set(id, kept.push(withInputs(node, renumber)) - 1);
  }
  return { plan: { nodes: kept }, renumber };
}
