/** What one fill bought or sold short and no other has closed yet. */
export interface Lot {
  bar: number;
  ts: number;
  price: number;
  /** Units, above 0. */
  quantity: number;
  /** Fee and slippage of its entry that have not gone to a trade yet. */
  fee: number;
  slippage: number;
  /** `Position.carryPerUnit` when it was opened. */
  carryBefore: number;
}

/** The holding of one instrument as lots, first in first out. */
export class Position {
  readonly instrument: number;
  readonly multiplier: number;
  /** Units, below 0 when short. */
  quantity = 0;
  /** Price at which it is marked: the last open or close seen. */
  mark = NaN;
  readonly lots: Lot[] = [];
  /** The last lot that was closed, for the next to be opened: most positions have one at a time. */
  #spare: Lot | null = null;
  /** Borrow and funding of one unit held since the beginning. */
  carryPerUnit = 0;

  constructor(instrument: number, multiplier: number) {
    this.instrument = instrument;
    this.multiplier = multiplier;
  }

  /** Adds a lot, to be filled in whole. */
  openLot(): Lot {
    const lot = this.#spare ?? {
      bar: -1,
      ts: NaN,
      price: NaN,
      quantity: NaN,
      fee: NaN,
      slippage: NaN,
      carryBefore: NaN,
    };
    this.#spare = null;
    this.lots.push(lot);
    return lot;
  }

  /** Takes the first lot out. */
  closeLot(): void {
    const lot = this.lots.length === 1 ? this.lots.pop() : this.lots.shift();
    this.#spare = lot ?? null;
  }

  /** Value at the mark, below 0 when short. */
  get value(): number {
    return this.quantity * this.mark * this.multiplier;
  }

  get averagePrice(): number {
    let [units, money] = [0, 0];
    for (const { quantity, price } of this.lots) {
      units += quantity;
      money += quantity * price;
    }
    return units > 0 ? money / units : NaN;
  }

  /** Turns old shares into new: `ratio` new for one old, at a price of one `ratio`th. Values stay. */
  split(ratio: number): void {
    this.quantity *= ratio;
    this.mark /= ratio;
    for (const lot of this.lots) {
      lot.quantity *= ratio;
      lot.price /= ratio;
      lot.carryBefore = this.carryPerUnit - (this.carryPerUnit - lot.carryBefore) / ratio;
    }
  }
}
