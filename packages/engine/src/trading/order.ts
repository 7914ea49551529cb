/** A distance from a price: in money a unit, or in percent of that price. */
export type PriceDistance =
  | { readonly unit: 'price'; readonly distance: number }
  | { readonly unit: 'percent'; readonly percent: number };

/** A quantity that is settled at the fill, from its price and the equity at that moment; never more than can be paid for. */
export type OrderSize =
  /** Of equity, fee included. */
  | { readonly method: 'percent_of_equity'; readonly percent: number }
  /** Money, fee included. */
  | { readonly method: 'value'; readonly value: number }
  /** So that the distance to the stop loses so many percent of equity, within `max_percent` of equity. */
  | {
      readonly method: 'risk';
      readonly risk_pct: number;
      readonly max_percent: number;
      readonly stop: PriceDistance;
    };

/** Stop and target that are placed once an order has filled, for the quantity filled. The first to fill cancels the others. */
export interface Bracket {
  readonly stop_price?: number;
  readonly limit_price?: number;
  /** Counted from the price of the fill; read where there is no `stop_price`. */
  readonly stop?: PriceDistance;
  /** As `stop`, of the target; `risk` is a multiple of the distance to the stop. */
  readonly target?: PriceDistance | { readonly unit: 'risk'; readonly multiple: number };
  /** A trailing stop, which works from a profit of `activate` a unit on. */
  readonly trail?: { readonly distance: PriceDistance; readonly activate?: PriceDistance };
}

/** What an order asks for. Prices and quantities are in the units of its instrument. */
export interface OrderRequest {
  /** Index of the instrument in the market data. */
  readonly instrument: number;
  readonly side: 'buy' | 'sell';
  /** Units; 0 with `size`. */
  readonly quantity: number;
  readonly size?: OrderSize;
  readonly type: 'market' | 'limit' | 'stop' | 'stop_limit' | 'trailing_stop';
  readonly limit_price?: number;
  readonly stop_price?: number;
  /** Of a trailing stop: distance from the best price since it was placed. */
  readonly trail_distance?: number;
  /** `gtc` rests until filled or cancelled, `day` to the end of the exchange's day, `ioc` and `fok` for the next bar alone. */
  readonly time_in_force?: 'gtc' | 'day' | 'ioc' | 'fok';
  /** Only ever makes a position smaller. */
  readonly reduce_only?: boolean;
  /** Orders of one group, above 0: the first fill cancels the others (OCO). That of a bracket is less the id of its order. */
  readonly oco_group?: number;
  /** Placed once this order has filled: stop and target of a bracket. */
  readonly bracket?: Bracket;
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
