/** A fill as the model takes it: whole units of 1e-4 for quantities, of 1e-4 for prices and of 1e-8 for fees. */
export interface ModelFill {
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly quantity: bigint;
  readonly price: bigint;
  readonly fee: bigint;
}

interface Lot {
  quantity: bigint;
  readonly price: bigint;
}

interface Book {
  direction: 1n | -1n;
  lots: Lot[];
  mark: bigint;
  closedTrades: number;
}

/**
 * The ledger of a run in whole numbers, made apart from that of the database: what it holds, and what it earned by cash
 * in and out, never by lots. Money is in units of 1e-8, multiplier 1.
 */
export class ModelLedger {
  readonly #books = new Map<string, Book>();
  #cash = 0n;

  /** Takes a fill, at whose price all of the symbol is marked. */
  fill({ symbol, side, quantity, price, fee }: ModelFill): void {
    const book = this.#bookOf(symbol);
    const direction = side === 'buy' ? 1n : -1n;
    this.#cash -= direction * quantity * price + fee;
    let left = quantity;
    while (left > 0n && book.direction !== direction) {
      const [lot] = book.lots;
      if (!lot) break;
      const units = lot.quantity < left ? lot.quantity : left;
      lot.quantity -= units;
      left -= units;
      book.closedTrades += 1;
      if (lot.quantity === 0n) book.lots.shift();
    }
    if (left > 0n) {
      book.direction = direction;
      book.lots.push({ quantity: left, price });
    }
    book.mark = price;
  }

  mark(symbol: string, price: bigint): void {
    const book = this.#bookOf(symbol);
    if (book.lots.length > 0) book.mark = price;
  }

  /** Units held, below 0 when short. */
  held(symbol: string): bigint {
    const book = this.#bookOf(symbol);
    return book.direction * book.lots.reduce((sum, lot) => sum + lot.quantity, 0n);
  }

  get openLots(): number {
    return [...this.#books.values()].reduce((sum, { lots }) => sum + lots.length, 0);
  }

  get closedTrades(): number {
    return [...this.#books.values()].reduce((sum, { closedTrades }) => sum + closedTrades, 0);
  }

  /** All that came in, less all that went out, and what is held at its mark. */
  get profit(): bigint {
    return [...this.#books.keys()].reduce(
      (sum, symbol) => sum + this.held(symbol) * this.#bookOf(symbol).mark,
      this.#cash,
    );
  }

  #bookOf(symbol: string): Book {
    const book = this.#books.get(symbol) ?? { direction: 1n as const, lots: [], mark: 0n, closedTrades: 0 };
    this.#books.set(symbol, book);
    return book;
  }
}
