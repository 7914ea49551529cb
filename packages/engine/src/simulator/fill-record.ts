import type { Fill } from '../trading/order.ts';

/** Numbers of one fill, side by side. */
const ROW = 9;

/** All fills of a simulation as numbers: objects are made for those who look, as hundreds of thousands kept are dear to collect. */
export class FillRecord {
  #length = 0;
  #rows = new Float64Array(256 * ROW);
  readonly #reasons: string[] = [];

  push({ order_id, instrument, bar, ts, side, price, quantity, fee, slippage, reason }: Fill): void {
    let at = this.#length * ROW;
    if (at === this.#rows.length) this.#grow();
    const rows = this.#rows;
    rows[at++] = order_id;
    rows[at++] = instrument;
    rows[at++] = bar;
    rows[at++] = ts;
    rows[at++] = side === 'buy' ? 1 : -1;
    rows[at++] = price;
    rows[at++] = quantity;
    rows[at++] = fee;
    rows[at] = slippage;
    this.#reasons.push(reason);
    this.#length += 1;
  }

  /** In the order in which they happened. */
  toArray(): Fill[] {
    return this.#reasons.map((reason, index) => {
      const at = index * ROW;
      const number = (field: number) => this.#rows[at + field] as number;
      return {
        order_id: number(0),
        instrument: number(1),
        bar: number(2),
        ts: number(3),
        side: number(4) > 0 ? 'buy' : 'sell',
        price: number(5),
        quantity: number(6),
        fee: number(7),
        slippage: number(8),
        reason,
      };
    });
  }

  #grow(): void {
    const rows = new Float64Array(2 * this.#rows.length);
    rows.set(this.#rows);
    this.#rows = rows;
  }
}
