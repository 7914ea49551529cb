import type { BookedOrder } from './booked-order.ts';

/** How far price must go for a limit to fill: beyond it, or just to it. */
export type LimitRule = 'through' | 'touch';

/** An order that waits for a price. */
export class RestingOrder {
  readonly order: BookedOrder;
  /** Of a trailing stop: the best price since it was placed, highest for a sale. */
  best: number;
  /** Of a trailing stop: the best price from which on it works. */
  activeFrom: number;
  /** Of a stop-limit: whether its stop was reached, so that the limit rests now. */
  triggered = false;
  /** Whether it has had its turn in this bar, or was placed in it: it waits for the next. */
  spent = false;

  constructor(order: BookedOrder, best: number, activeFrom: number) {
    this.order = order;
    this.best = best;
    this.activeFrom = activeFrom;
  }

  copy(): RestingOrder {
    const copy = new RestingOrder(this.order, this.best, this.activeFrom);
    copy.triggered = this.triggered;
    copy.spent = this.spent;
    return copy;
  }

  get isLimit(): boolean {
    return this.order.type === 'limit' || this.triggered;
  }

  /** Whether price must rise to reach it: a limit to sell, a stop to buy. */
  get isAbove(): boolean {
    return (this.order.side === 'buy') !== this.isLimit;
  }

  /** The price it waits for; NaN for a trailing stop that does not work yet. */
  get level(): number {
    const { order } = this;
    if (this.isLimit) return order.limit_price ?? NaN;
    if (order.type === 'trailing_stop') return this.#trailFrom(this.best);
    return order.stop_price ?? NaN;
  }

  /** Whether price at `price` is where it fills, or beyond. */
  isReachedAt(price: number, limits: LimitRule): boolean {
    const { level } = this;
    if (this.isLimit && limits === 'through') return this.isAbove ? price > level : price < level;
    return this.isAbove ? price >= level : price <= level;
  }

  /** Whether there is any way through a bar with these extremes on which it fills. */
  couldFillWithin(high: number, low: number, limits: LimitRule): boolean {
    if (this.order.type !== 'trailing_stop') return this.isReachedAt(this.isAbove ? high : low, limits);
    const sells = this.order.side === 'sell';
    const level = this.#trailFrom(sells ? Math.max(this.best, high) : Math.min(this.best, low));
    return sells ? low <= level : high >= level;
  }

  /** Lets a trailing stop see a price. */
  see(price: number): void {
    if (this.order.side === 'sell' ? price > this.best : price < this.best) this.best = price;
  }

  split(ratio: number): void {
    this.best /= ratio;
    this.activeFrom /= ratio;
    this.order.split(ratio);
  }

  #trailFrom(best: number): number {
    const distance = this.order.trail_distance ?? NaN;
    if (this.order.side === 'sell') return best >= this.activeFrom ? best - distance : NaN;
    return best <= this.activeFrom ? best + distance : NaN;
  }
}
