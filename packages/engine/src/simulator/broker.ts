import type { BacktestSettings } from '@tradebase/contracts';
import { ExchangeTime } from '../market/exchange-time.ts';
import type { OrderRequest } from '../trading/order.ts';
import type { BookedOrder } from './booked-order.ts';
import { bracketOrders } from './bracket-orders.ts';
import type { Execution } from './execution.ts';
import type { Liquidity } from './fees.ts';
import { finerBars } from './finer-bars.ts';
import { liquidationPrice } from './margin.ts';
import type { MarketNow } from './market-now.ts';
import type { OrderBook } from './order-book.ts';
import { isAmbiguous } from './outcome-of-bar.ts';
import { type BarPrices, type PathBook, walkBar } from './path-of-bar.ts';
import { RestingOrder } from './resting-order.ts';

/** Matches orders with the prices of each bar: at the open, on the way through it, at the close. */
export class Broker {
  readonly book: OrderBook;
  ambiguousBars = 0;
  resolvedBars = 0;
  /** Told of each fill, after all that it entails; it is the last on record. */
  onFill: (order: BookedOrder) => void = () => {};
  /** Told where price takes the account below its maintenance margin. */
  onLiquidation: (instrument: number, price: number) => void = () => {};
  readonly #execution: Execution;
  readonly #market: MarketNow;
  readonly #settings: BacktestSettings;
  /** Days of the exchange in which day orders began to work. */
  readonly #dayOf = new Map<number, number>();
  readonly #times: readonly ExchangeTime[];

  constructor(book: OrderBook, execution: Execution) {
    this.book = book;
    this.#execution = execution;
    this.#market = execution.market;
    this.#settings = execution.settings;
    this.#times = this.#market.rules.map(({ time_zone }) => new ExchangeTime(time_zone));
  }

  /**
   * Fills at the opens of the instruments that have a candle: first what makes positions smaller, at market and then
   * stops and limits that price has jumped over; then the rest in the same way.
   */
  fillAtOpens(instruments: Int32Array): void {
    if (this.book.isEmpty) return;
    for (const instrument of instruments) for (const order of this.book.bookOf(instrument)) order.spent = false;
    this.#expireDays();
    const atOpen = this.#settings.fills.market === 'next_open';
    for (let round = 0; round < 2; round++) {
      const reducing = round === 0;
      if (atOpen) this.#fillQueue(reducing, true);
      for (let i = 0; i < instruments.length; i++) this.#fillGaps(instruments[i] as number, reducing);
    }
  }

  /** Fills on the way through the bar of one instrument. */
  fillWithin(instrument: number): void {
    const resting = this.book.bookOf(instrument);
    const liquidation = this.#addLiquidation(instrument);
    if (resting.length === 0) return;
    const { fills } = this.#settings;
    const bar = this.#market.prices(instrument);
    const reached = resting.filter((order) => order.couldFillWithin(bar.high, bar.low, fills.limit));
    if (reached.length > 0) this.#walk(instrument, bar, reached);
    else for (const order of resting) order.see(order.order.side === 'sell' ? bar.high : bar.low);
    if (liquidation !== null) this.book.cancel(liquidation.order);
    this.book.sweep(instrument);
  }

  /** Fills market orders that are for the close, and ends those that were for this bar alone. */
  finishBar(): void {
    if (this.#settings.fills.market === 'next_close') {
      this.#fillQueue(true, false);
      this.#fillQueue(false, false);
    }
    if (!this.book.hasTimeLimits) return;
    const oneBar = ({ time_in_force }: BookedOrder) => time_in_force === 'ioc' || time_in_force === 'fok';
    for (const order of this.book.working) {
      if (!oneBar(order) || !this.#market.trades(order.instrument)) continue;
      order.status = 'expired';
      this.book.sweep(order.instrument);
    }
  }

  /** Fills an order at market at this price, now. */
  fillNow(order: BookedOrder, price: number): void {
    this.#fill(order, price, 'taker');
    this.book.sweep(order.instrument);
  }

  /** @param atOpen whether at the opens or at the closes */
  #fillQueue(reducing: boolean, atOpen: boolean): void {
    if (this.book.queue.length === 0) return;
    // Orders that fills bring in are for the next bar, and come behind.
    const orders = this.book.queue;
    const { length } = orders;
    for (let i = 0; i < length; i++) {
      const order = orders[i];
      if (order?.status !== 'working' || !this.#market.trades(order.instrument)) continue;
      // Placed on a fill of this bar.
      if (order.placed_bar === this.#market.bar) continue;
      if (this.#reduces(order) !== reducing) continue;
      const { instrument } = order;
      this.#fill(order, atOpen ? this.#market.open(instrument) : this.#market.close(instrument), 'taker');
    }
    this.book.sweepQueue();
  }

  #fillGaps(instrument: number, reducing: boolean): void {
    const resting = this.book.bookOf(instrument);
    if (resting.length === 0) return;
    const open = this.#market.open(instrument);
    for (const candidate of [...resting]) {
      const { order } = candidate;
      if (order.status !== 'working' || candidate.spent || this.#reduces(order) !== reducing) continue;
      if (!candidate.isReachedAt(open, this.#settings.fills.limit)) continue;
      if (order.type === 'stop_limit' && !candidate.triggered) {
        candidate.triggered = true;
        if (!candidate.isReachedAt(open, this.#settings.fills.limit)) continue;
      }
      candidate.spent = true;
      this.#fillResting(candidate, open, order.type === 'limit' ? 'maker' : 'taker');
    }
  }

  #reduces(order: BookedOrder): boolean {
    return order.reduce_only || this.#execution.position(order.instrument).quantity * order.direction < 0;
  }

  /** Walks through the bar by the reading, or through finer candles where the readings differ and there are any. */
  #walk(instrument: number, bar: BarPrices, reached: readonly RestingOrder[]): void {
    const { intrabar, limit } = this.#settings.fills;
    const book = this.#pathBook(instrument);
    const [only] = reached;
    const isPlain = reached.length === 1 && only?.order.bracket === undefined && only?.order.type !== 'trailing_stop';
    const tickSize = this.#market.rulesOf(instrument).tick_size;
    if (isPlain || !isAmbiguous(book, bar, limit, tickSize)) {
      walkBar(book, bar, intrabar, limit);
      return;
    }
    this.ambiguousBars += 1;
    const series = this.#market.series(instrument);
    const finer = finerBars(series, this.#market.candle[instrument] as number);
    let resolved = finer.length > 0;
    for (const part of resolved ? finer : [bar]) {
      if (resolved && isAmbiguous(book, part, limit, tickSize)) resolved = false;
      walkBar(book, part, intrabar, limit);
    }
    if (resolved) this.resolvedBars += 1;
  }

  #pathBook(instrument: number): PathBook {
    const position = this.#execution.position(instrument);
    const { book } = this;
    return {
      get resting() {
        return book.bookOf(instrument);
      },
      get position() {
        return position.quantity;
      },
      fill: (resting, price, liquidity) => this.#fillResting(resting, price, liquidity),
    };
  }

  #fillResting(resting: RestingOrder, price: number, liquidity: Liquidity): void {
    const { order } = resting;
    if (order.reason === 'liquidation' && order.id === 0) {
      this.book.cancel(order);
      this.onLiquidation(order.instrument, price);
      return;
    }
    this.#fill(order, price, liquidity);
    if (order.status === 'working' && !resting.isLimit) this.book.moveToQueue(resting);
    this.book.sweep(order.instrument);
    this.#moveLiquidation(order.instrument);
  }

  #fill(order: BookedOrder, price: number, liquidity: Liquidity): void {
    if (!this.#execution.execute(order, price, liquidity)) return;
    if (order.oco_group !== undefined) this.book.cancelGroup(order, order.oco_group);
    if (this.book.bookOf(order.instrument).length > 0) this.#cancelIdle(order.instrument);
    if (order.bracket !== undefined) this.#placeBracket(order);
    this.onFill(order);
  }

  /** Cancels what would reduce a position that is not there. */
  #cancelIdle(instrument: number): void {
    const { quantity } = this.#execution.position(instrument);
    this.book.cancelWhere(instrument, (other) => other.reduce_only && other.direction * quantity >= 0);
  }

  #placeBracket(order: BookedOrder): void {
    const { price, quantity } = this.#execution.fills.last;
    const tickSize = this.#market.rulesOf(order.instrument).tick_size;
    const earlier = this.book.bookOf(order.instrument).filter((resting) => resting.order.oco_group === -order.id);
    for (const resting of earlier) resting.order.quantity += quantity;
    if (earlier.length > 0) return;
    const place = (request: OrderRequest) => this.book.enter(request);
    for (const child of bracketOrders(order, price, quantity, tickSize, place)) this.book.rest(child);
  }

  /** Ends day orders whose day is over. */
  #expireDays(): void {
    if (!this.book.hasTimeLimits) return;
    for (const order of this.book.working) {
      if (order.time_in_force !== 'day' || !this.#market.trades(order.instrument)) continue;
      const day = this.#times[order.instrument]?.day(this.#market.ts) ?? NaN;
      const began = this.#dayOf.get(order.id);
      if (began === undefined) this.#dayOf.set(order.id, day);
      else if (day !== began) {
        order.status = 'expired';
        this.#dayOf.delete(order.id);
        this.book.sweep(order.instrument);
      }
    }
  }

  /** Where the account would be liquidated, as a stop that no agent sees. */
  #addLiquidation(instrument: number): RestingOrder | null {
    const position = this.#execution.position(instrument);
    const stop_price = liquidationPrice(this.#execution.account, this.#settings.margin, position);
    if (!(stop_price > 0)) return null;
    const side = position.quantity > 0 ? 'sell' : 'buy';
    const quantity = Math.abs(position.quantity);
    const order = this.book.unrecorded({ instrument, side, quantity, type: 'stop', stop_price, reason: 'liquidation' });
    const resting = new RestingOrder(order, NaN, NaN);
    this.book.rest(resting);
    return resting;
  }

  #moveLiquidation(instrument: number): void {
    const resting = this.book.bookOf(instrument).find(({ order }) => order.id === 0);
    const position = this.#execution.position(instrument);
    const stop_price = liquidationPrice(this.#execution.account, this.#settings.margin, position);
    if (resting !== undefined && !(stop_price > 0)) {
      this.book.cancel(resting.order);
      this.book.sweep(instrument);
    } else if (resting !== undefined) resting.order.stop_price = stop_price;
  }
}
