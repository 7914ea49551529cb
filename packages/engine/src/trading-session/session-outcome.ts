import type { OptionContract, OptionFill } from '../trading/options-desk.ts';
import type { Fill, Order, OrderStatus } from '../trading/order.ts';
import type { Trade } from '../trading/trade-list.ts';

/** An order as it stands after the push or decision that made it. */
export interface SessionOrder {
  /** `1`, `2`, ... in the order in which they were placed, those that were rejected at once among them. */
  readonly id: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly type: Order['type'];
  /** Units; of one that its fill sizes, what it would come to at `reference_price` now (0 where that is nothing). */
  readonly quantity: number;
  /** Whether `quantity` is such an estimate, still. */
  readonly is_sized_at_fill: boolean;
  readonly limit_price: number | null;
  readonly stop_price: number | null;
  readonly trail_distance: number | null;
  readonly time_in_force: Order['time_in_force'];
  readonly reduce_only: boolean;
  /** What it is reckoned with: its limit, else its stop, else the last close. */
  readonly reference_price: number;
  /** Where its bracket would leave with a loss, counted from `reference_price`; null without. */
  readonly stop_loss: number | null;
  readonly take_profit: number | null;
  /** Value of a price move of 1 for one unit. */
  readonly multiplier: number;
  /** `entry`, `signal`, `stop_loss`, ... */
  readonly reason: string;
  /** Of stop and target of a bracket: the order they belong to. */
  readonly parent_order_id: string | null;
  /** Open time of the bar at whose close, or within which, it was placed. */
  readonly placed_ts: number;
  readonly status: OrderStatus;
  readonly filled_quantity: number;
  readonly reject_reason: string | null;
}

/** An order of an earlier push that became something else. */
export interface SessionOrderChange {
  readonly id: string;
  readonly status: OrderStatus;
  /** Settled now, where its fill sized it. */
  readonly quantity: number;
  readonly filled_quantity: number;
  readonly reject_reason: string | null;
}

/** One execution. */
export interface SessionFill extends Omit<Fill, 'order_id' | 'instrument'> {
  /** `f1`, `f2`, ...: the same in every session that is pushed the same bars and decisions. */
  readonly id: string;
  readonly order_id: string;
  readonly symbol: string;
  readonly multiplier: number;
}

/** What one leg of an order of options is, and what it is reckoned with. */
export interface SessionOptionLeg {
  /** Last trading day, strike and right, as `2024-01-19 95 put`. */
  readonly contract: string;
  readonly terms: OptionContract;
  /** Contracts, below 0 when sold. */
  readonly quantity: number;
  /** A share, at the last close: ask for a purchase, bid for a sale; null where nobody makes one. */
  readonly reference_price: number | null;
}

/** An order of options: all legs or none. */
export interface SessionOptionOrder {
  /** `o1`, `o2`, ... */
  readonly id: string;
  /** Of the underlying. */
  readonly symbol: string;
  readonly legs: readonly SessionOptionLeg[];
  /** Shares of a contract. */
  readonly multiplier: number;
  /** Whether every leg makes a position smaller. */
  readonly reduce_only: boolean;
  readonly reason: string;
  readonly placed_ts: number;
  readonly status: OptionOrderStatus;
  readonly reject_reason: string | null;
}

export type OptionOrderStatus = 'working' | 'filled' | 'cancelled' | 'rejected';

export interface SessionOptionOrderChange {
  readonly id: string;
  readonly status: OptionOrderStatus;
  readonly reject_reason: string | null;
}

/** One execution of contracts, or their settlement. */
export interface SessionOptionFill extends OptionFill {
  /** `of1`, `of2`, ... */
  readonly id: string;
  /** Null for expiry, assignment and liquidation. */
  readonly order_id: string | null;
  readonly symbol: string;
  readonly terms: OptionContract;
  readonly multiplier: number;
}

export interface SessionPosition {
  readonly symbol: string;
  /** Units, or contracts; below 0 when short. */
  readonly quantity: number;
  readonly average_price: number;
  /** The last price at which it is valued. */
  readonly mark: number;
  readonly multiplier: number;
  readonly entry_ts: number;
  /** Nearest stop and target that work for it; null without, and for options. */
  readonly stop_loss: number | null;
  readonly take_profit: number | null;
  /** What a contract is, where it is an option. */
  readonly contract: string | null;
}

/** What became of orders: by a push, or by a decision of the driver. */
export interface OrderNews {
  readonly new_orders: readonly SessionOrder[];
  readonly order_changes: readonly SessionOrderChange[];
  readonly new_option_orders: readonly SessionOptionOrder[];
  readonly option_order_changes: readonly SessionOptionOrderChange[];
}

/** All that happened in one bar of the clock. */
export interface BarOutcome extends OrderNews {
  /** Index of the bar, those of the warm-up counted, and its open time. */
  readonly bar: number;
  readonly ts: number;
  /** When the bar was known. */
  readonly available_at: number;
  readonly fills: readonly SessionFill[];
  readonly option_fills: readonly SessionOptionFill[];
  /** Trades that closed in it. */
  readonly trades: readonly Trade[];
  /** All that is held at its close. */
  readonly positions: readonly SessionPosition[];
  readonly cash: number;
  readonly equity: number;
  /** Whether the account was liquidated, in this bar or before: nothing is traded any more. */
  readonly is_liquidated: boolean;
}
