import type { Bracket, Order, OrderRequest, OrderSize, OrderStatus, PriceDistance } from '../trading/order.ts';

/** An order in the books: the request as the exchange took it (steps rounded), and what became of it. */
export class BookedOrder implements Order {
  readonly id: number;
  readonly instrument: number;
  readonly side: 'buy' | 'sell';
  /** Settled at the first fill where there is a `size`. */
  quantity: number;
  size: OrderSize | undefined;
  readonly type: OrderRequest['type'];
  limit_price: number | undefined;
  stop_price: number | undefined;
  trail_distance: number | undefined;
  readonly time_in_force: 'gtc' | 'day' | 'ioc' | 'fok';
  readonly reduce_only: boolean;
  readonly oco_group: number | undefined;
  bracket: Bracket | undefined;
  readonly reason: string;
  readonly placed_bar: number;
  readonly placed_ts: number;
  status: OrderStatus = 'working';
  filled_quantity = 0;
  reject_reason: string | undefined = undefined;

  constructor(id: number, request: OrderRequest, placedBar: number, placedTs: number) {
    this.id = id;
    this.instrument = request.instrument;
    this.side = request.side;
    this.quantity = request.quantity;
    this.type = request.type;
    this.time_in_force = request.time_in_force ?? 'gtc';
    this.reduce_only = request.reduce_only ?? false;
    this.reason = request.reason ?? (this.reduce_only ? 'exit' : 'entry');
    this.placed_bar = placedBar;
    this.placed_ts = placedTs;
    this.size = request.size;
    this.limit_price = request.limit_price;
    this.stop_price = request.stop_price;
    this.trail_distance = request.trail_distance;
    this.oco_group = request.oco_group;
    this.bracket = request.bracket;
  }

  /** 1 buys, -1 sells. */
  get direction(): 1 | -1 {
    return this.side === 'buy' ? 1 : -1;
  }

  /** Turns old shares into new: `ratio` times as many, at a price of one `ratio`th. */
  split(ratio: number): void {
    this.quantity *= ratio;
    this.filled_quantity *= ratio;
    if (this.limit_price !== undefined) this.limit_price /= ratio;
    if (this.stop_price !== undefined) this.stop_price /= ratio;
    if (this.trail_distance !== undefined) this.trail_distance /= ratio;
    if (this.size?.method === 'risk') this.size = { ...this.size, stop: splitDistance(this.size.stop, ratio) };
    if (this.bracket !== undefined) this.bracket = splitBracket(this.bracket, ratio);
  }

  reject(reason: string): void {
    this.status = 'rejected';
    this.reject_reason = reason;
  }
}

function splitBracket(bracket: Bracket, ratio: number): Bracket {
  const { stop_price, limit_price, stop, target, trail } = bracket;
  const activate = trail?.activate && splitDistance(trail.activate, ratio);
  return {
    ...(stop_price === undefined ? {} : { stop_price: stop_price / ratio }),
    ...(limit_price === undefined ? {} : { limit_price: limit_price / ratio }),
    ...(stop && { stop: splitDistance(stop, ratio) }),
    ...(target && { target: target.unit === 'risk' ? target : splitDistance(target, ratio) }),
    ...(trail && { trail: { distance: splitDistance(trail.distance, ratio), ...(activate && { activate }) } }),
  };
}

function splitDistance(distance: PriceDistance, ratio: number): PriceDistance {
  return distance.unit === 'percent' ? distance : { unit: 'price', distance: distance.distance / ratio };
}
