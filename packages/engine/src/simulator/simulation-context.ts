import type { InstrumentSeries } from '../market/market-data.ts';
import type { OptionsDesk } from '../trading/options-desk.ts';
import type { Order, OrderRequest } from '../trading/order.ts';
import type { TradingContext } from '../trading/trading-context.ts';
import type { Account } from './account.ts';
import type { Broker } from './broker.ts';
import type { MarketNow } from './market-now.ts';
import type { Position } from './position.ts';

/** The account and its market as an agent sees them at the close of a bar. */
export class SimulationContext implements TradingContext {
  readonly account: Account;
  readonly market: MarketNow;
  readonly #broker: Broker;

  constructor(account: Account, market: MarketNow, broker: Broker) {
    this.account = account;
    this.market = market;
    this.#broker = broker;
  }

  get bar(): number {
    return this.market.bar;
  }

  get ts(): number {
    return this.market.ts;
  }

  get available_at(): number {
    return this.market.availableAt;
  }

  get cash(): number {
    return this.account.cash;
  }

  get equity(): number {
    return this.account.equity;
  }

  get instruments(): readonly InstrumentSeries[] {
    return this.market.instruments;
  }

  get workingOrders(): readonly Order[] {
    return this.#broker.book.working;
  }

  get options(): OptionsDesk | null {
    return this.account.desk;
  }

  candleIndex(instrument: number): number {
    return this.market.candle[instrument] ?? -1;
  }

  close(instrument: number): number {
    return this.market.close(instrument);
  }

  position(instrument: number): number {
    return this.positionOf(instrument).quantity;
  }

  averagePrice(instrument: number): number {
    return this.positionOf(instrument).averagePrice;
  }

  submit(request: OrderRequest): Order {
    return this.#broker.book.submit(request);
  }

  cancel(orderId: number): boolean {
    const { book } = this.#broker;
    const order = orderId > 0 ? book.workingOrder(orderId) : undefined;
    if (order === undefined) return false;
    book.cancelWhere(order.instrument, (other) => other === order);
    return true;
  }

  /** Leaves a position at the close of this very bar: only for reasons that were known before it, such as the time. */
  leaveAtClose(instrument: number, reason: string): void {
    const quantity = this.position(instrument);
    const side = quantity > 0 ? 'sell' : 'buy';
    const { book } = this.#broker;
    const order = book.submit({
      instrument,
      side,
      quantity: Math.abs(quantity),
      type: 'market',
      reduce_only: true,
      reason,
    });
    if (order.status === 'working') this.#broker.fillNow(order, this.market.close(instrument));
  }

  positionOf(instrument: number): Position {
    const position = this.account.positions[instrument];
    if (position === undefined) throw new RangeError(`there is no instrument ${instrument}`);
    return position;
  }
}
