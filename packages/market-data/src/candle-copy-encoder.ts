import type { Timeframe } from '@tradebase/contracts';
import type { CandleBatch } from './candle-batch.ts';
import { writePostgresTime } from './postgres-time.ts';

/** Begins a stream of COPY BINARY: signature, no flags, no extension. */
export const COPY_HEADER: Buffer = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
/** Ends it: a row with -1 columns. */
export const COPY_TRAILER: Buffer = Buffer.from([0xff, 0xff]);

const EIGHT_BYTES = 8;
const VALUE_BYTES = 4 + EIGHT_BYTES;
const VALUES_IN_ROW = 6;

/** Columns that are the same in every row, and come first. */
export interface CandleSeriesKey {
  readonly instrumentId: number;
  readonly timeframe: Timeframe;
}

/**
 * Turns candles into rows of COPY BINARY, in the order of `CANDLE_COLUMNS`, after the key where there is one. All rows
 * have the same length and differ in six values only, so the buffer is laid out once and the values are written over.
 */
export class CandleCopyEncoder {
  readonly #rows: Buffer;
  readonly #view: DataView;
  readonly #rowBytes: number;
  readonly #firstValue: number;

  /** @param capacity most rows in one call of `encode` */
  constructor(capacity: number, key?: CandleSeriesKey) {
    const row = rowTemplate(key);
    this.#rowBytes = row.length;
    this.#firstValue = row.length - VALUES_IN_ROW * VALUE_BYTES + 4;
    this.#rows = Buffer.alloc(capacity * row.length, row);
    this.#view = new DataView(this.#rows.buffer, this.#rows.byteOffset, this.#rows.byteLength);
  }

  /**
   * Rows `start` to `end` (exclusive) of a batch, without header and trailer.
   *
   * @returns bytes that hold until the next call: they must have left before
   */
  encode({ columns: { ts, open, high, low, close, volume } }: CandleBatch, start: number, end: number): Buffer {
    const view = this.#view;
    let at = this.#firstValue;
    for (let i = start; i < end; i++) {
      writePostgresTime(view, at, ts[i] ?? 0);
      view.setFloat64(at + VALUE_BYTES, open[i] ?? 0);
      view.setFloat64(at + 2 * VALUE_BYTES, high[i] ?? 0);
      view.setFloat64(at + 3 * VALUE_BYTES, low[i] ?? 0);
      view.setFloat64(at + 4 * VALUE_BYTES, close[i] ?? 0);
      view.setFloat64(at + 5 * VALUE_BYTES, volume[i] ?? 0);
      at += this.#rowBytes;
    }
    return this.#rows.subarray(0, (end - start) * this.#rowBytes);
  }
}

/** A row with every length in place and the six values empty. */
function rowTemplate(key: CandleSeriesKey | undefined): Buffer {
  const keyFields = key ? [int32(key.instrumentId), Buffer.from(key.timeframe)] : [];
  const values = Array.from({ length: VALUES_IN_ROW }, () => Buffer.alloc(EIGHT_BYTES));
  const fields = [...keyFields, ...values];
  return Buffer.concat([int16(fields.length), ...fields.flatMap((field) => [int32(field.length), field])]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
