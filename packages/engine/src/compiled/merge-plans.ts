import type { NodeId, Plan, PlanNode } from '../plan/plan.ts';
import { withInputs } from '../plan/plan-inputs.ts';
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
    return renumberRules(program.rules, (id) => renumbered[id] ?? NaN);
  });
  return { plan: { nodes }, rules };
}

/** The same rules on other nodes: every field that holds a node's id is renumbered. */
function renumberRules(rules: TradeRules, renumber: (id: NodeId) => NodeId): TradeRules {
  const signal = (id: NodeId | null) => (id === null ? null : renumber(id));
  const distance = (from: TradeRules['stop_loss']): TradeRules['stop_loss'] => {
    if (from === null) return null;
    return from.unit === 'percent'
      ? { unit: 'percent', percent: renumber(from.percent) }
      : { unit: 'price', distance: renumber(from.distance) };
  };
  const { take_profit, trailing_stop, stop_loss } = rules;
  const trail = trailing_stop && distance(trailing_stop.distance);
  return {
    ...rules,
    enter_long: signal(rules.enter_long),
    exit_long: signal(rules.exit_long),
    enter_short: signal(rules.enter_short),
    exit_short: signal(rules.exit_short),
    sizing: renumberSizing(rules.sizing, renumber),
    stop_loss: distance(stop_loss),
    take_profit:
      take_profit?.unit === 'risk' ? { unit: 'risk', multiple: renumber(take_profit.multiple) } : distance(take_profit),
    trailing_stop: trailing_stop && trail ? { distance: trail, activate: distance(trailing_stop.activate) } : null,
  };
}

function renumberSizing(sizing: TradeRules['sizing'], renumber: (id: NodeId) => NodeId): TradeRules['sizing'] {
  switch (sizing.method) {
    case 'fixed_quantity':
      return { ...sizing, quantity: renumber(sizing.quantity) };
    case 'fixed_value':
      return { ...sizing, value: renumber(sizing.value) };
    case 'percent_of_equity':
      return { ...sizing, percent: renumber(sizing.percent) };
    case 'risk':
      return { ...sizing, risk_pct: renumber(sizing.risk_pct), max_percent: renumber(sizing.max_percent) };
    case 'kelly':
      return sizing;
  }
}
