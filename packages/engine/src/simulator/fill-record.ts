import type { Fill } from '../trading/order.ts';
import type { Booking } from './account.ts';
import type { BookedOrder } from './booked-order.ts';

/** Numbers of one fill, side by side. */
const ROW = 9;
/** Fills whose rows are made room for at a time: nothing is copied as there come more. */
const BLOCK = 1024;

/**
 * All fills of a simulation as numbers: objects are made for those who look, as hundreds of thousands kept are dear to
 * collect.
 */
export class FillRecord {
  length = 0;
  readonly #blocks: Float64Array[] = [];
  #rows = new Float64Array();
  readonly #reasons: string[] = [];

  add(order: BookedOrder, { bar, ts, quantity, price, fee, slippage }: Booking): void {
    const at = (this.length % BLOCK) * ROW;
    if (at === 0) {
      this.#rows = new Float64Array(BLOCK * ROW);
      this.#blocks.push(this.#rows);
    }
    const rows = this.#rows;
    rows[at] = order.id;
    rows[at + 1] = order.instrument;
    rows[at + 2] = bar;
    rows[at + 3] = ts;
    rows[at + 4] = quantity;
    rows[at + 5] = price;
    rows[at + 6] = fee;
    rows[at + 7] = slippage;
    rows[at + 8] = order.direction;
    this.#reasons.push(order.reason);
    this.length += 1;
  }

  at(index: number): Fill {
    const rows = this.#blocks[Math.floor(index / BLOCK)] ?? this.#rows;
    const row = (index % BLOCK) * ROW;
    const number = (field: number) => rows[row + field] as number;
    return {
      order_id: number(0),
      instrument: number(1),
      bar: number(2),
      ts: number(3),
      side: number(8) > 0 ? 'buy' : 'sell',
      price: number(5),
      quantity: Math.abs(number(4)),
      fee: number(6),
      slippage: number(7),
      reason: this.#reasons[index] ?? '',
    };
  }

  /** The fill that happened last. There must be one. */
  get last(): Fill {
    return this.at(this.length - 1);
  }

  /** In the order in which they happened. */
  toArray(): Fill[] {
    return this.#reasons.map((_, index) => this.at(index));
  }
}
