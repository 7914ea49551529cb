/** What an order asks for. Prices and quantities are in the units of its instrument. */
export interface OrderRequest {
  /** Index of the instrument in the market data. */
  readonly instrument: number;
  readonly side: 'buy' | 'sell';
  readonly quantity: number;
  readonly type: 'market' | 'limit' | 'stop' | 'stop_limit' | 'trailing_stop';
  readonly limit_price?: number;
  readonly stop_price?: number;
  /** Of a trailing stop: distance from the best price since it was placed. */
  readonly trail_distance?: number;
  /** `gtc` rests until filled or cancelled, `day` to the end of the exchange's day, `ioc` and `fok` for the next bar alone. */
  readonly time_in_force?: 'gtc' | 'day' | 'ioc' | 'fok';
  /** Only ever makes a position smaller. */
  readonly reduce_only?: boolean;
  /** Orders of one group: the first fill cancels the others (OCO). */
  readonly oco_group?: number;
  /** Placed once this order has filled: stop and target of a bracket. */
  readonly bracket?: { readonly stop_price?: number; readonly limit_price?: number };
  /** Why, for the record: `entry`, `exit`, `stop_loss`, ... */
  readonly reason?: string;
}

export const ORDER_STATUSES = ['working', 'filled', 'cancelled', 'expired', 'rejected'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** An order and what became of it. Rejected orders are results too, with the reason. */
export interface Order extends OrderRequest {
  readonly id: number;
  /** Index of the bar at whose close it was placed, and that bar's open time. */
  readonly placed_bar: number;
  readonly placed_ts: number;
  status: OrderStatus;
  filled_quantity: number;
  reject_reason?: string;
}

/** One execution. */
export interface Fill {
  readonly order_id: number;
  readonly instrument: number;
  readonly bar: number;
  /** Open time of the bar it happened in. */
  readonly ts: number;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly quantity: number;
  readonly fee: number;
  /** What slippage cost, in the quote currency: already in the price. */
  readonly slippage: number;
  readonly reason: string;
}
