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

/** The numbers of a node, read candle by candle. */
export interface NumberReading {
  at(candle: number): number;
}

/** A signal, read candle by candle. */
export interface SignalReading {
  holds(candle: number): boolean;
  /** The first candle from `from` on at which it holds, as far as is known; Infinity if none. */
  next(from: number): number;
}

/** How rules read the nodes of one instrument. */
export interface RuleReadings {
  /** First candle that can carry a signal. */
  readonly first_bar: number;
  column(node: NodeId): NumberReading;
  /** A reading of its own at each call, as one node may be several signals. */
  signal(node: NodeId): SignalReading;
}

/** A node of a plan at the candles of one instrument. */
export class RuleColumn implements NumberReading {
  readonly #values: Float64Array | number;

  constructor(values: Float64Array | number) {
    this.#values = values;
  }

  at(candle: number): number {
    return typeof this.#values === 'number' ? this.#values : (this.#values[candle] ?? NaN);
  }
}
