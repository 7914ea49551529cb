import { EQUALITY_TOLERANCE } from '../plan/plan.ts';
import { appendTrade, type TradeEntry } from '../trading/append-trade.ts';
import { type ExitReason, TradeList } from '../trading/trade-list.ts';
import type { Desk } from './desk.ts';
import { type Lot, Position } from './position.ts';

/** One execution as the account books it. */
export interface Booking {
  readonly bar: number;
  readonly ts: number;
  /** Units, below 0 for a sale. */
  readonly quantity: number;
  /** With slippage. */
  readonly price: number;
  readonly fee: number;
  /** In the quote currency; in the price already. */
  readonly slippage: number;
  readonly reason: ExitReason;
}

/** Cash, positions, closed trades and costs. Cash plus positions at their marks, and the desk, is equity. */
export class Account {
  cash = NaN;
  readonly positions: readonly Position[];
  /** Positions that are not flat, in order of instruments. */
  readonly held: Position[] = [];
  readonly trades = new TradeList();
  desk: Desk | null = null;
  fees = 0;
  slippage = 0;
  funding = 0;
  borrow = 0;
  interest = 0;
  turnover = 0;
  /** The trade that is being recorded: one object for all. */
  readonly #closed: { -readonly [Field in keyof TradeEntry]: TradeEntry[Field] } = {
    instrument: 0,
    direction: 0,
    entry_bar: 0,
    exit_bar: 0,
    entry_ts: NaN,
    exit_ts: NaN,
    entry_price: NaN,
    exit_price: NaN,
    quantity: NaN,
    multiplier: NaN,
    fee: NaN,
    slippage: NaN,
    carry: NaN,
    exit_reason: 'other',
  };

  constructor(initialCash: number, multipliers: readonly number[]) {
    this.cash = initialCash;
    this.positions = multipliers.map((multiplier, instrument) => new Position(instrument, multiplier));
  }

  get equity(): number {
    let equity = this.cash;
    const { held } = this;
    for (let i = 0; i < held.length; i++) {
      const { quantity, mark, multiplier } = held[i] as Position;
      equity += quantity * mark * multiplier;
    }
    return this.desk === null ? equity : equity + this.desk.valueAtClose();
  }

  /** Sum of the absolute values of all positions but those of the desk. */
  get grossExposure(): number {
    let exposure = 0;
    const { held } = this;
    for (let i = 0; i < held.length; i++) exposure += Math.abs((held[i] as Position).value);
    return exposure;
  }

  /** Books an execution: first it closes lots of the other side, what is left opens one. */
  book(position: Position, booking: Booking): void {
    const { quantity, price, fee, slippage } = booking;
    const units = Math.abs(quantity);
    const value = units * price * position.multiplier;
    this.cash = quantity > 0 ? this.cash - value - fee : this.cash + (value - fee);
    // A purchase for all cash leaves the rounding of its quantity behind, which is nobody's money.
    if (Math.abs(this.cash) <= EQUALITY_TOLERANCE * value) this.cash = 0;
    this.fees += fee;
    this.slippage += slippage;
    this.turnover += value;

    const before = position.quantity;
    const closing = before * quantity < 0 ? Math.min(units, Math.abs(before)) : 0;
    if (closing > 0) this.#close(position, closing, booking, closing / units);
    const opening = units - closing;
    if (opening > EQUALITY_TOLERANCE * units) {
      const share = closing > 0 ? opening / units : 1;
      const lot = position.openLot();
      lot.bar = booking.bar;
      lot.ts = booking.ts;
      lot.price = price;
      lot.quantity = opening;
      lot.fee = fee * share;
      lot.slippage = slippage * share;
      lot.carryBefore = position.carryPerUnit;
      position.quantity += quantity > 0 ? opening : -opening;
    }
    if (before === 0 && position.quantity !== 0) this.#hold(position);
    else if (before !== 0 && position.quantity === 0) this.#letGo(position);
  }

  /** Takes what is owed for holding a position; below 0 it is received. */
  payCarry(position: Position, kind: 'borrow' | 'funding', amount: number): void {
    this.cash -= amount;
    this[kind] += amount;
    position.carryPerUnit += amount / Math.abs(position.quantity);
  }

  #close(position: Position, closing: number, booking: Booking, share: number): void {
    const direction = position.quantity > 0 ? 1 : -1;
    const { lots } = position;
    let left = closing;
    while (left > 0) {
      const lot = lots[0];
      if (lot === undefined) break;
      const whole = left >= lot.quantity * (1 - EQUALITY_TOLERANCE);
      const quantity = whole ? lot.quantity : left;
      this.#recordTrade(position, lot, quantity, direction, booking, share * (quantity / closing));
      if (whole) position.closeLot();
      else takeFrom(lot, quantity);
      left = whole && lots.length === 0 ? 0 : left - quantity;
    }
    position.quantity = lots.length === 0 ? 0 : position.quantity - direction * closing;
  }

  /** @param share of the booking's fee and slippage that is this trade's */
  #recordTrade(
    { instrument, multiplier, carryPerUnit }: Position,
    lot: Lot,
    quantity: number,
    direction: number,
    booking: Booking,
    share: number,
  ): void {
    const ofLot = quantity / lot.quantity;
    const entry = this.#closed;
    entry.instrument = instrument;
    entry.direction = direction;
    entry.entry_bar = lot.bar;
    entry.exit_bar = booking.bar;
    entry.entry_ts = lot.ts;
    entry.exit_ts = booking.ts;
    entry.entry_price = lot.price;
    entry.exit_price = booking.price;
    entry.quantity = quantity;
    entry.multiplier = multiplier;
    entry.fee = lot.fee * ofLot + booking.fee * share;
    entry.slippage = lot.slippage * ofLot + booking.slippage * share;
    entry.carry = quantity * (carryPerUnit - lot.carryBefore);
    entry.exit_reason = booking.reason;
    appendTrade(this.trades, entry);
  }

  #hold(position: Position): void {
    const { held } = this;
    let at = held.push(position) - 1;
    for (; at > 0 && (held[at - 1] as Position).instrument > position.instrument; at--) {
      held[at] = held[at - 1] as Position;
    }
    held[at] = position;
  }

  #letGo(position: Position): void {
    const { held } = this;
    for (let at = held.indexOf(position) + 1; at < held.length; at++) held[at - 1] = held[at] as Position;
    held.pop();
  }
}

function takeFrom(lot: Lot, quantity: number): void {
  const left = 1 - quantity / lot.quantity;
  lot.fee *= left;
  lot.slippage *= left;
  lot.quantity -= quantity;
}
