import type { InstrumentSeries, MarketData } from '../market/market-data.ts';
import type { NodeId, Plan } from '../plan/plan.ts';
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
