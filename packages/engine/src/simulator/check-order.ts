import type { OrderRequest } from '../trading/order.ts';
import type { BookedOrder } from './booked-order.ts';
import type { MarketNow } from './market-now.ts';
import { roundDown, roundOrderPrice } from './round-to-step.ts';

/** Reasons for which an order is rejected. */
export type RejectReason =
  | 'account_liquidated'
  | 'below_lot_size'
  | 'below_min_notional'
  | 'insufficient_cash'
  | 'insufficient_margin'
  | 'invalid_price'
  | 'invalid_quantity'
  | 'no_price'
  | 'not_in_universe'
  | 'nothing_to_reduce'
  | 'short_not_allowed'
  | 'unknown_instrument';

const NEEDED_PRICES = {
  market: [],
  limit: ['limit_price'],
  stop: ['stop_price'],
  stop_limit: ['limit_price', 'stop_price'],
  trailing_stop: ['trail_distance'],
} as const satisfies Record<OrderRequest['type'], readonly (keyof OrderRequest)[]>;

/**
 * Rounds quantity and prices of a new order to the steps of its instrument, and says why it cannot be taken; null where it can.
 * Orders that only reduce keep their quantity, so that a position can always be closed.
 */
export function checkOrder(order: BookedOrder, market: MarketNow): RejectReason | null {
  const rules = market.rules[order.instrument];
  if (rules === undefined) return 'unknown_instrument';
  if (market.candle[order.instrument] === -1) return 'no_price';
  for (const name of NEEDED_PRICES[order.type]) {
    const price = order[name];
    if (price === undefined || !(price > 0 && price < Infinity)) return 'invalid_price';
  }
  if (order.limit_price !== undefined) {
    order.limit_price = roundOrderPrice(order.side, order.limit_price, rules.tick_size);
    if (!(order.limit_price > 0)) return 'invalid_price';
  }
  if (order.stop_price !== undefined) {
    order.stop_price = roundOrderPrice(order.side, order.stop_price, rules.tick_size);
    if (!(order.stop_price > 0)) return 'invalid_price';
  }
  if (!order.reduce_only && !market.isMember(order.instrument)) return 'not_in_universe';
  if (order.size !== undefined) return null;

  if (!(order.quantity > 0 && order.quantity < Infinity)) return 'invalid_quantity';
  if (order.reduce_only) return null;
  order.quantity = roundDown(order.quantity, rules.lot_size);
  if (!(order.quantity > 0)) return 'below_lot_size';
  // What a market order is worth is known at its fill.
  if (order.type === 'market') return null;
  const price = order.limit_price ?? order.stop_price ?? market.close(order.instrument);
  return order.quantity * price * rules.multiplier < rules.min_notional ? 'below_min_notional' : null;
}
