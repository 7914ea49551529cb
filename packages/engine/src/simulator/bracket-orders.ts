import type { OrderRequest, PriceDistance } from '../trading/order.ts';
import type { BookedOrder } from './booked-order.ts';
import { RestingOrder } from './resting-order.ts';
import { roundOrderPrice } from './round-to-step.ts';

/** A distance in money a unit from `price`; NaN where it is not above 0, which stands for none. */
export function distanceFrom(price: number, distance: PriceDistance | undefined): number {
  if (distance === undefined) return NaN;
  const money = distance.unit === 'price' ? distance.distance : price * (distance.percent / 100);
  return money > 0 ? money : NaN;
}

/**
 * Stop, target and trailing stop of an order that has filled at `price`, in this order.
 *
 * @param place makes an order of a request
 */
export function bracketOrders(
  parent: BookedOrder,
  price: number,
  quantity: number,
  tickSize: number,
  place: (request: OrderRequest) => BookedOrder,
): RestingOrder[] {
  const { bracket, direction } = parent;
  if (bracket === undefined) return [];
  const side = direction === 1 ? 'sell' : 'buy';
  const common = { instrument: parent.instrument, side, quantity, reduce_only: true, oco_group: -parent.id } as const;
  const rest = (request: OrderRequest, activeFrom: number) => new RestingOrder(place(request), price, activeFrom);
  const orders: RestingOrder[] = [];

  const stopDistance = distanceFrom(price, bracket.stop);
  const stop = bracket.stop_price ?? price - direction * stopDistance;
  if (stop > 0) {
    const stop_price = roundOrderPrice(side, stop, tickSize);
    orders.push(rest({ ...common, type: 'stop', stop_price, reason: 'stop_loss' }, NaN));
  }
  const target =
    bracket.target?.unit === 'risk'
      ? bracket.target.multiple * (bracket.stop_price === undefined ? stopDistance : direction * (price - stop))
      : distanceFrom(price, bracket.target);
  const limit = bracket.limit_price ?? (target > 0 ? price + direction * target : NaN);
  if (limit > 0) {
    const limit_price = roundOrderPrice(side, limit, tickSize);
    orders.push(rest({ ...common, type: 'limit', limit_price, reason: 'take_profit' }, NaN));
  }
  const trail_distance = distanceFrom(price, bracket.trail?.distance);
  if (trail_distance > 0) {
    const activate = distanceFrom(price, bracket.trail?.activate);
    const activeFrom = activate > 0 ? price + direction * activate : price;
    orders.push(rest({ ...common, type: 'trailing_stop', trail_distance, reason: 'trailing_stop' }, activeFrom));
  }
  return orders;
}
