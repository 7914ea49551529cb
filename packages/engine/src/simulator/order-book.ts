import type { OrderRequest } from '../trading/order.ts';
import { BookedOrder } from './booked-order.ts';
import { checkOrder } from './check-order.ts';
import type { MarketNow } from './market-now.ts';
import { OrderRecord } from './order-record.ts';
import { RestingOrder } from './resting-order.ts';

/** All orders of a simulation, and those that work: at market, waiting for their instrument's next candle, or resting at a price. */
export class OrderBook {
  readonly record = new OrderRecord();
  /** In order of their ids. */
  readonly queue: BookedOrder[] = [];
  /** By instrument, in order of their ids. */
  readonly resting: RestingOrder[][];
  /** Set when the account is liquidated: nothing is taken any more. */
  closed = false;
  /** Why an order of the agent is not taken, if it is not: a session that is paused says so. */
  refuse: ((order: BookedOrder) => string | null) | null = null;
  /** Whether any order so far was good for less than until cancelled. */
  hasTimeLimits = false;
  readonly #market: MarketNow;
  #resting = 0;

  constructor(market: MarketNow) {
    this.#market = market;
    this.resting = market.instruments.map(() => []);
  }

  get isEmpty(): boolean {
    return this.queue.length === 0 && this.#resting === 0;
  }

  /** Takes an order or rejects it. */
  submit(request: OrderRequest): BookedOrder {
    const order = this.enter(request);
    if (order.time_in_force !== 'gtc') this.hasTimeLimits = true;
    const reason = this.closed ? 'account_liquidated' : (this.refuse?.(order) ?? checkOrder(order, this.#market));
    if (reason !== null) order.reject(reason);
    else if (order.type === 'market') this.queue.push(order);
    else {
      const resting = new RestingOrder(order, this.#market.close(order.instrument), noActivation(order));
      // Placed on a fill, it would meet prices of the bar that may have come before: it works from the next bar on.
      resting.spent = true;
      this.rest(resting);
    }
    return order;
  }

  /** Gives an order its id and its place in the record, and nothing else. */
  enter(request: OrderRequest): BookedOrder {
    const order = new BookedOrder(this.record.length + 1, request, this.#market.bar, this.#market.ts);
    this.record.push(order);
    return order;
  }

  /** An order that is in no record: a bound of the simulator's own. */
  unrecorded(request: OrderRequest): BookedOrder {
    return new BookedOrder(0, request, this.#market.bar, this.#market.ts);
  }

  rest(resting: RestingOrder): void {
    this.bookOf(resting.order.instrument).push(resting);
    this.#resting += 1;
  }

  bookOf(instrument: number): RestingOrder[] {
    const book = this.resting[instrument];
    if (book === undefined) throw new RangeError(`there is no instrument ${instrument}`);
    return book;
  }

  cancel(order: BookedOrder): void {
    if (order.status === 'working') order.status = 'cancelled';
  }

  /** Cancels what works of one instrument and passes `which`. */
  cancelWhere(instrument: number, which: (order: BookedOrder) => boolean): void {
    for (const { order } of this.bookOf(instrument)) if (which(order)) this.cancel(order);
    for (const order of this.queue) if (order.instrument === instrument && which(order)) this.cancel(order);
    this.sweep(instrument);
  }

  /** Cancels the others of an order's group. */
  cancelGroup(filled: BookedOrder, group: number): void {
    const inGroup = (order: BookedOrder) => order !== filled && order.oco_group === group;
    // A bracket is of one instrument.
    if (group < 0) {
      this.cancelWhere(filled.instrument, inGroup);
      return;
    }
    for (const book of this.resting) for (const { order } of book) if (inGroup(order)) this.cancel(order);
    for (const order of this.queue) if (inGroup(order)) this.cancel(order);
    for (let instrument = 0; instrument < this.resting.length; instrument++) this.sweep(instrument);
  }

  /** Takes orders that do not work any more out of the book of one instrument. */
  sweep(instrument: number): void {
    const book = this.bookOf(instrument);
    let kept = 0;
    for (const resting of book) if (resting.order.status === 'working') book[kept++] = resting;
    this.#resting -= book.length - kept;
    book.length = kept;
  }

  /** Takes orders that do not work any more out of the queue. Not while it is gone through. */
  sweepQueue(): void {
    const { queue } = this;
    let kept = 0;
    for (let i = 0; i < queue.length; i++) {
      const order = queue[i] as BookedOrder;
      if (order.status === 'working') queue[kept++] = order;
    }
    // An array whose length is set to 0 gives up its memory.
    while (queue.length > kept) queue.pop();
  }

  /** Takes a resting order whose stop was reached on to the market: its rest fills at the next prices. */
  moveToQueue(resting: RestingOrder): void {
    const book = this.bookOf(resting.order.instrument);
    book.splice(book.indexOf(resting), 1);
    this.#resting -= 1;
    this.queue.push(resting.order);
  }

  /** Turns orders of an instrument for old shares into orders for new ones. */
  split(instrument: number, ratio: number): void {
    for (const resting of this.bookOf(instrument)) resting.split(ratio);
    for (const order of this.queue) if (order.instrument === instrument) order.split(ratio);
  }

  /** Cancels everything and takes no more. */
  close(): void {
    this.closed = true;
    for (const book of this.resting) for (const { order } of book) this.cancel(order);
    for (const order of this.queue) this.cancel(order);
    for (let instrument = 0; instrument < this.resting.length; instrument++) this.sweep(instrument);
  }

  /** The order of this id if it works. */
  workingOrder(id: number): BookedOrder | undefined {
    const isIt = (order: BookedOrder) => order.id === id && order.status === 'working';
    const queued = this.queue.find(isIt);
    if (queued !== undefined || this.#resting === 0) return queued;
    for (const book of this.resting) for (const { order } of book) if (isIt(order)) return order;
    return undefined;
  }

  get working(): BookedOrder[] {
    const working = [...this.queue, ...this.resting.flatMap((book) => book.map(({ order }) => order))];
    return working.filter(({ id, status }) => id > 0 && status === 'working').sort((a, b) => a.id - b.id);
  }
}

/** A trailing stop that an agent places works at once. */
function noActivation({ side }: BookedOrder): number {
  return side === 'sell' ? -Infinity : Infinity;
}
