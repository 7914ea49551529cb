import type { NodeId, Plan, PlanNode } from '../plan/plan.ts';
import { withInputs } from '../plan/plan-inputs.ts';
import { mapRuleNodes } from '../plan/rule-nodes.ts';
import type { RuleProgram, TradeRules } from '../plan/rule-program.ts';

/** Programs over one plan, in which equal nodes of different programs are one. */
export interface MergedPrograms {
  readonly plan: Plan;
  /** The rules of each program, on nodes of the plan. */
  readonly rules: readonly TradeRules[];
}

/** Joins the plans of programs: what they have in common is computed once. */
export function mergePlans(programs: readonly RuleProgram[]): MergedPrograms {
  const nodes: PlanNode[] = [];
  const known = new Map<string, NodeId>();
  const rules = programs.map((program) => {
    const renumbered: NodeId[] = [];
    for (const node of program.plan.nodes) {
      const merged = withInputs(node, (id) => renumbered[id] ?? NaN);
      const key = JSON.stringify(merged);
      let id = known.get(key);
      if (id === undefined) {
        id = nodes.push(merged) - 1;
        known.set(key, id);
      }
      renumbered.push(id);
    }
    return mapRuleNodes(program.rules, (id) => renumbered[id] ?? NaN);
  });
  return { plan: { nodes }, rules };
}
