import { CANDLE_COLUMNS, type Candles } from '@tradebase/contracts';
import type { RangeEnd } from './candle-chunks.ts';
import { CandleLoadError } from './candle-load-error.ts';
import { newSharedCandles } from './shared-candles.ts';

/** Shared memory for candles that are filled in from both ends. */
export class CandleRoom {
  readonly columns: Candles;
  #front = 0;
  #back: number;

  /** @param capacity most candles; room that is never filled takes no memory */
  constructor(capacity: number) {
    this.columns = newSharedCandles(capacity);
    this.#back = capacity;
  }

  /**
   * Takes room for the next candles from one end inwards.
   *
   * @returns the index of the first of them
   * @throws CandleLoadError `stale_coverage` if they do not fit
   */
  take(from: RangeEnd, count: number): number {
    if (count > this.#back - this.#front) {
      throw new CandleLoadError(
        'stale_coverage',
        'there are more candles than candle_coverage says; correct its candle_count',
      );
    }
    if (from === 'back') {
      this.#back -= count;
      return this.#back;
    }
    this.#front += count;
    return this.#front - count;
  }

  /** The candles without the gap between both ends; moved to memory of their size if there is one. */
  close(): Candles {
    if (this.#front === this.#back) return this.columns;
    const atBack = this.columns.ts.length - this.#back;
    const closed = newSharedCandles(this.#front + atBack);
    for (const column of CANDLE_COLUMNS) {
      closed[column].set(this.columns[column].subarray(0, this.#front));
      closed[column].set(this.columns[column].subarray(this.#back), this.#front);
    }
    return closed;
  }
}
