import type { InstrumentSeries, MarketData } from '../market/market-data.ts';
import type { NodeId, Plan } from '../plan/plan.ts';
import type { TradeRules } from '../plan/rule-program.ts';
import type { SignalBars } from './signal-bars.ts';

/** Computes nodes of a plan at every candle of one instrument; a number where a node is the same at all of them. */
export type EvaluatePlan = (
  plan: Plan,
  market: MarketData,
  instrument: number,
  nodes: readonly NodeId[],
) => RuleColumns;

/** The nodes of rules at the candles of one instrument. */
export interface RuleColumns {
  readonly columns: ReadonlyMap<NodeId, Float64Array | number>;
  /** First candle at which all of them are there. */
  readonly first_bar: number;
}

/** The candles of one instrument at which signals of a plan hold; null where it cannot tell. */
export type ComputeSignals = (
  plan: Plan,
  series: InstrumentSeries,
  nodes: readonly NodeId[],
) => ReadonlyMap<NodeId, SignalBars> | null;

/** What rules read of one instrument: numbers as columns, signals as the candles at which they hold. */
export interface RuleValues extends RuleColumns {
  readonly signals: ReadonlyMap<NodeId, SignalBars>;
}

/** A node of a plan at the candles of one instrument. */
export class RuleColumn {
  readonly #values: Float64Array | number;

  constructor(values: Float64Array | number) {
    this.#values = values;
  }

  at(candle: number): number {
    return typeof this.#values === 'number' ? this.#values : (this.#values[candle] ?? NaN);
  }
}

/** The nodes that rules read numbers of, each once. */
export function numbersOfRules(rules: TradeRules): NodeId[] {
  const nodes: NodeId[] = [];
  const { sizing, entry_order, take_profit } = rules;
  if (sizing.method === 'fixed_quantity') nodes.push(sizing.quantity);
  if (sizing.method === 'fixed_value') nodes.push(sizing.value);
  if (sizing.method === 'percent_of_equity') nodes.push(sizing.percent);
  if (sizing.method === 'risk') nodes.push(sizing.risk_pct, sizing.max_percent);
  if (entry_order.type !== 'market') nodes.push(entry_order.price);
  if (take_profit?.unit === 'risk') nodes.push(take_profit.multiple);
  const target = take_profit?.unit === 'risk' ? null : take_profit;
  for (const distance of [rules.stop_loss, target, rules.trailing_stop?.distance, rules.trailing_stop?.activate]) {
    if (distance) nodes.push(distance.unit === 'percent' ? distance.percent : distance.distance);
  }
  return [...new Set(nodes)];
}

/** The nodes that rules read as signals, each once. */
export function signalsOfRules({ enter_long, exit_long, enter_short, exit_short }: TradeRules): NodeId[] {
  return [...new Set([enter_long, exit_long, enter_short, exit_short].filter((node) => node !== null))];
}
