import type { OptionFill, OptionRejection } from './options-desk.ts';
import type { Fill, Order } from './order.ts';
import type { TradeList } from './trade-list.ts';

/** Costs of a whole simulation, itemised, in the quote currency. Positive is paid. */
export interface CostTotals {
  readonly fees: number;
  /** Already in the prices of the fills. */
  readonly slippage: number;
  readonly funding: number;
  readonly borrow: number;
  /** On borrowed cash. */
  readonly interest: number;
}

export interface OpenPosition {
  readonly instrument: number;
  /** Above 0 long, below 0 short. */
  readonly quantity: number;
  readonly average_price: number;
  readonly entry_bar: number;
  readonly entry_ts: number;
  /** What a contract is, where it is an option. */
  readonly contract?: string;
}

/** How much the unknown order of prices within bars can have mattered. */
export interface Ambiguity {
  /** Bars that reached more than one of stop, target and limit. */
  readonly bars: number;
  /** Those that a finer timeframe resolved. */
  readonly resolved_bars: number;
  /** Final equity if every ambiguous bar had gone against, and for the account; null where none was. */
  readonly pessimistic_equity: number | null;
  readonly optimistic_equity: number | null;
}

/** Problems of the data that a result should be read with. */
export interface DataQuality {
  readonly verdict: 'good' | 'usable' | 'poor';
  /** In words, one sentence each: gaps, zero volume, outliers, suspected splits, survivorship. */
  readonly findings: readonly { readonly code: string; readonly message: string; readonly count: number }[];
}

/** All that came out of a simulation. Equal input gives equal bytes. */
export interface SimulationResult {
  /** Which of the two paths ran; they have one meaning. */
  readonly path: 'event' | 'compiled';
  readonly initial_cash: number;
  /** Open times of the bars of the account's clock, and equity at their closes: cash plus positions, without exit cost. */
  readonly ts: Float64Array;
  readonly equity: Float64Array;
  readonly trades: TradeList;
  /** Null on the compiled path, whose trades say it all. */
  readonly orders: readonly Order[] | null;
  readonly fills: readonly Fill[] | null;
  /** Executions and refused orders of options; absent in a backtest without them. */
  readonly option_fills?: readonly OptionFill[];
  readonly option_rejections?: readonly OptionRejection[];
  readonly open_positions: readonly OpenPosition[];
  readonly costs: CostTotals;
  /** Deepest fall of equity from its peak, the peak starting at the initial cash; where the path knows it by the way. */
  readonly max_drawdown_pct?: number;
  /** Bars whose close was seen with a position. */
  readonly bars_in_position: number;
  /** Sum over fills of their value. */
  readonly turnover: number;
  readonly ambiguity: Ambiguity;
  readonly data_quality: DataQuality;
  /** Where the account was liquidated, and no more was traded; null if never. */
  readonly liquidated_bar: number | null;
}
