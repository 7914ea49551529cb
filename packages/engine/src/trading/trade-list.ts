import { ExitReason } from '@tradebase/contracts';

export type { ExitReason };

/** Why a trade ended: columns of trades hold the index. */
export const EXIT_REASONS: readonly ExitReason[] = ExitReason.options;

/** A closed trade: a lot that was opened by one fill and closed, first in first out, by another. */
export interface Trade {
  /** Number of the trade within the backtest, from 1. */
  readonly seq: number;
  readonly instrument: number;
  readonly side: 'long' | 'short';
  readonly entry_bar: number;
  readonly exit_bar: number;
  /** Open times of the bars, in milliseconds since the Unix epoch. */
  readonly entry_ts: number;
  readonly exit_ts: number;
  readonly entry_price: number;
  readonly exit_price: number;
  readonly quantity: number;
  /** Fees of both sides. */
  readonly fee: number;
  /** Slippage of both sides, borrow and funding: of these the prices hold slippage alone. */
  readonly slippage: number;
  readonly carry: number;
  /** Net of fees and carry. */
  readonly pnl: number;
  /** Percent of the value at entry. */
  readonly return_pct: number;
  readonly exit_reason: ExitReason;
}

/**
 * Closed trades as columns, in the order in which they closed. A million bars may hold a hundred thousand trades:
 * objects are made for those that are looked at.
 */
export class TradeList implements Iterable<Trade> {
  length = 0;
  instrument = new Int32Array(64);
  /** 1 long, -1 short. */
  direction = new Int8Array(64);
  entry_bar = new Int32Array(64);
  exit_bar = new Int32Array(64);
  entry_ts = new Float64Array(64);
  exit_ts = new Float64Array(64);
  entry_price = new Float64Array(64);
  exit_price = new Float64Array(64);
  quantity = new Float64Array(64);
  fee = new Float64Array(64);
  slippage = new Float64Array(64);
  carry = new Float64Array(64);
  pnl = new Float64Array(64);
  return_pct = new Float64Array(64);
  /** Index in EXIT_REASONS. */
  exit_reason = new Uint8Array(64);

  at(index: number): Trade {
    if (!(index >= 0 && index < this.length)) throw new RangeError(`there is no trade ${index} among ${this.length}`);
    return {
      seq: index + 1,
      instrument: this.instrument[index] as number,
      side: (this.direction[index] as number) > 0 ? 'long' : 'short',
      entry_bar: this.entry_bar[index] as number,
      exit_bar: this.exit_bar[index] as number,
      entry_ts: this.entry_ts[index] as number,
      exit_ts: this.exit_ts[index] as number,
      entry_price: this.entry_price[index] as number,
      exit_price: this.exit_price[index] as number,
      quantity: this.quantity[index] as number,
      fee: this.fee[index] as number,
      slippage: this.slippage[index] as number,
      carry: this.carry[index] as number,
      pnl: this.pnl[index] as number,
      return_pct: this.return_pct[index] as number,
      exit_reason: EXIT_REASONS[this.exit_reason[index] as number] ?? 'other',
    };
  }

  /** Makes room for `capacity` trades, and nothing when there is. */
  reserve(capacity: number): void {
    if (capacity <= this.direction.length) return;
    const room = Math.max(capacity, 2 * this.direction.length);
    const grow = <Column extends { set(from: Column): void }>(column: Column, empty: Column): Column => {
      empty.set(column);
      return empty;
    };
    this.instrument = grow(this.instrument, new Int32Array(room));
    this.direction = grow(this.direction, new Int8Array(room));
    this.entry_bar = grow(this.entry_bar, new Int32Array(room));
    this.exit_bar = grow(this.exit_bar, new Int32Array(room));
    this.entry_ts = grow(this.entry_ts, new Float64Array(room));
    this.exit_ts = grow(this.exit_ts, new Float64Array(room));
    this.entry_price = grow(this.entry_price, new Float64Array(room));
    this.exit_price = grow(this.exit_price, new Float64Array(room));
    this.quantity = grow(this.quantity, new Float64Array(room));
    this.fee = grow(this.fee, new Float64Array(room));
    this.slippage = grow(this.slippage, new Float64Array(room));
    this.carry = grow(this.carry, new Float64Array(room));
    this.pnl = grow(this.pnl, new Float64Array(room));
    this.return_pct = grow(this.return_pct, new Float64Array(room));
    this.exit_reason = grow(this.exit_reason, new Uint8Array(room));
  }

  *[Symbol.iterator](): Iterator<Trade> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
}
