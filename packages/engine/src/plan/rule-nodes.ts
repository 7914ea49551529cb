import type { NodeId } from './plan.ts';
import type { Distance, TradeRules } from './rule-program.ts';

/** Nodes that rules read as signals, and those they read numbers of: each once. */
export interface RuleNodes {
  readonly signals: readonly NodeId[];
  readonly numbers: readonly NodeId[];
}

export function nodesOfRules(rules: TradeRules): RuleNodes {
  const { enter_long, exit_long, enter_short, exit_short } = rules;
  const signals = [enter_long, exit_long, enter_short, exit_short].filter((id) => id !== null);
  const numbers = new Set<NodeId>();
  mapRuleNodes({ ...rules, enter_long: null, exit_long: null, enter_short: null, exit_short: null }, (id) => {
    numbers.add(id);
    return id;
  });
  return { signals: [...new Set(signals)], numbers: [...numbers] };
}

/** Every node that rules read. */
export function ruleNodes(rules: TradeRules): NodeId[] {
  const { signals, numbers } = nodesOfRules(rules);
  return [...new Set([...signals, ...numbers])];
}

/** The same rules on nodes with other ids. */
export function mapRuleNodes(rules: TradeRules, map: (id: NodeId) => NodeId): TradeRules {
  const signal = (id: NodeId | null) => (id === null ? null : map(id));
  const { sizing, entry_order, stop_loss, take_profit, trailing_stop } = rules;
  return {
    ...rules,
    enter_long: signal(rules.enter_long),
    exit_long: signal(rules.exit_long),
    enter_short: signal(rules.enter_short),
    exit_short: signal(rules.exit_short),
    sizing: mapSizing(sizing, map),
    entry_order: entry_order.type === 'market' ? entry_order : { ...entry_order, price: map(entry_order.price) },
    stop_loss: stop_loss && mapDistance(stop_loss, map),
    take_profit: take_profit && mapTarget(take_profit, map),
    trailing_stop: trailing_stop && {
      distance: mapDistance(trailing_stop.distance, map),
      activate: trailing_stop.activate && mapDistance(trailing_stop.activate, map),
    },
  };
}

function mapSizing(sizing: TradeRules['sizing'], map: (id: NodeId) => NodeId): TradeRules['sizing'] {
  switch (sizing.method) {
    case 'fixed_quantity':
      return { ...sizing, quantity: map(sizing.quantity) };
    case 'fixed_value':
      return { ...sizing, value: map(sizing.value) };
    case 'percent_of_equity':
      return { ...sizing, percent: map(sizing.percent) };
    case 'risk':
      return { ...sizing, risk_pct: map(sizing.risk_pct), max_percent: map(sizing.max_percent) };
    case 'kelly':
      return sizing;
  }
}

function mapDistance(distance: Distance, map: (id: NodeId) => NodeId): Distance {
  return distance.unit === 'percent'
    ? { unit: 'percent', percent: map(distance.percent) }
    : { unit: 'price', distance: map(distance.distance) };
}

function mapTarget(
  target: NonNullable<TradeRules['take_profit']>,
  map: (id: NodeId) => NodeId,
): NonNullable<TradeRules['take_profit']> {
  return target.unit === 'risk' ? { unit: 'risk', multiple: map(target.multiple) } : mapDistance(target, map);
}
