import type { OrderRequest } from '../trading/order.ts';
import { BookedOrder } from './booked-order.ts';
import { bracketOrders } from './bracket-orders.ts';
import { type BarPrices, type PathBook, type Reading, walkBar } from './path-of-bar.ts';
import type { LimitRule, RestingOrder } from './resting-order.ts';

/** A copy of a book on which a bar can be tried. Quantities that are settled at the fill count as 1. */
class TrialBook implements PathBook {
  resting: RestingOrder[];
  position: number;
  /** What filled, in order: which order, or which of its bracket, and at what price. */
  readonly fills: string[] = [];
  readonly #tickSize: number;

  constructor(book: PathBook, tickSize: number) {
    this.resting = book.resting.map((resting) => resting.copy());
    this.position = book.position;
    this.#tickSize = tickSize;
  }

  fill(resting: RestingOrder, price: number): void {
    const { order } = resting;
    this.fills.push(`${order.id} ${order.oco_group} ${order.reason} ${price}`);
    const { position } = this;
    const wanted = order.quantity > 0 ? order.quantity - order.filled_quantity : 1;
    const quantity = order.reduce_only ? Math.min(wanted, Math.abs(position)) : wanted;
    this.position += order.direction * quantity;
    const place = (request: OrderRequest) => new BookedOrder(0, request, order.placed_bar, order.placed_ts);
    const gone = (other: RestingOrder) =>
      other === resting ||
      (order.oco_group !== undefined && other.order.oco_group === order.oco_group) ||
      (other.order.reduce_only && other.order.direction * this.position >= 0);
    this.resting = this.resting.filter((other) => !gone(other));
    this.resting.push(...bracketOrders(order, price, quantity, this.#tickSize, place));
  }
}

/** Whether a bar comes out differently by the two readings. Changes nothing. */
export function isAmbiguous(book: PathBook, bar: BarPrices, limits: LimitRule, tickSize: number): boolean {
  return outcome(book, bar, 'pessimistic', limits, tickSize) !== outcome(book, bar, 'optimistic', limits, tickSize);
}

function outcome(book: PathBook, bar: BarPrices, reading: Reading, limits: LimitRule, tickSize: number): string {
  const trial = new TrialBook(book, tickSize);
  walkBar(trial, bar, reading, limits);
  return trial.fills.join();
}
