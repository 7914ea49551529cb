import { appendTrade } from '../trading/append-trade.ts';
import type { Account } from './account.ts';
import type { DeskAccount, DeskTrade } from './desk.ts';
import type { Execution } from './execution.ts';
import type { OrderBook } from './order-book.ts';

/** The account as the options desk sees it. */
export class AccountOfDesk implements DeskAccount {
  readonly #account: Account;
  readonly #execution: Execution;
  readonly #book: OrderBook;

  constructor(account: Account, execution: Execution, book: OrderBook) {
    this.#account = account;
    this.#execution = execution;
    this.#book = book;
  }

  get cash(): number {
    return this.#account.cash;
  }

  get equity(): number {
    return this.#account.equity;
  }

  get freeMargin(): number {
    const { leverage } = this.#execution.settings.margin;
    const { equity, grossExposure, desk } = this.#account;
    return equity - (desk?.marginRequirement() ?? 0) - grossExposure / leverage;
  }

  get stockPosition(): number {
    return this.#execution.position(0).quantity;
  }

  postPremium(amount: number): void {
    this.#account.cash += amount;
  }

  postFee(fee: number): void {
    this.#account.cash -= fee;
    this.#account.fees += fee;
  }

  recordSlippage(amount: number): void {
    this.#account.slippage += amount;
  }

  recordTurnover(value: number): void {
    this.#account.turnover += value;
  }

  recordTrade(trade: DeskTrade): void {
    const direction = trade.side === 'long' ? 1 : -1;
    appendTrade(this.#account.trades, { ...trade, instrument: 0, direction, multiplier: 1, carry: 0 });
  }

  deliverStock(quantity: number, price: number, reason: 'assignment' | 'expiry'): void {
    const units = Math.abs(quantity);
    const side = quantity > 0 ? 'buy' : 'sell';
    const order = this.#book.enter({ instrument: 0, side, quantity: units, type: 'market', reason });
    order.status = 'filled';
    order.filled_quantity = units;
    this.#execution.record(order, quantity, price, 0, 0);
  }
}
