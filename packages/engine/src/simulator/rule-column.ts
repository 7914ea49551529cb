import type { MarketData } from '../market/market-data.ts';
import type { NodeId, Plan } from '../plan/plan.ts';
import type { TradeRules } from '../plan/rule-program.ts';

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

/** A node of a plan at the candles of one instrument. */
export class RuleColumn {
  readonly #values: Float64Array | number;
  /** What `next` found last, and from where it looked. */
  #from = -1;
  #found = -1;

  constructor(values: Float64Array | number) {
    this.#values = values;
  }

  at(candle: number): number {
    return typeof this.#values === 'number' ? this.#values : (this.#values[candle] ?? NaN);
  }

  /** Whether a signal holds: neither 0 nor NaN. */
  holds(candle: number): boolean {
    const value = this.at(candle);
    return value > 0 || value < 0;
  }

  /** The first candle from `from` on at which a signal holds; Infinity if none. Looks at each candle once while `from` ascends. */
  next(from: number): number {
    if (typeof this.#values === 'number') return this.holds(from) ? from : Infinity;
    if (from >= this.#from && from <= this.#found) return this.#found;
    const values = this.#values;
    let candle = from;
    for (; candle < values.length; candle++) {
      const value = values[candle] as number;
      if (value > 0 || value < 0) break;
    }
    this.#from = from;
    this.#found = candle < values.length ? candle : Infinity;
    return this.#found;
  }
}

/** The nodes that rules read, each once. */
export function nodesOfRules(rules: TradeRules): NodeId[] {
  const nodes: (NodeId | null | undefined)[] = [rules.enter_long, rules.exit_long, rules.enter_short, rules.exit_short];
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
  return [...new Set(nodes.filter((node) => node !== null && node !== undefined))];
}
