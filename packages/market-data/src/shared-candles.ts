import { CANDLE_COLUMNS, type Candles } from '@tradebase/contracts';

const VALUE_BYTES = Float64Array.BYTES_PER_ELEMENT;

/**
 * Candles in one block of memory that threads share: six columns of `stride` values, one after the other, of which
 * `length` values from `start` on are meant. Posting it to a thread copies four numbers and no candle.
 */
export interface SharedCandles {
  readonly buffer: SharedArrayBuffer;
  readonly stride: number;
  readonly start: number;
  readonly length: number;
}

/** Room for `length` candles, all zero, in memory that threads can share. */
export function newSharedCandles(length: number): SharedCandles {
  const buffer = new SharedArrayBuffer(length * CANDLE_COLUMNS.length * VALUE_BYTES);
  return { buffer, stride: length, start: 0, length };
}

/** Columns that look into shared memory; writing to them would change what every thread sees. */
export function fromShared({ buffer, stride, start, length }: SharedCandles): Candles {
  const column = (index: number) => new Float64Array(buffer, (index * stride + start) * VALUE_BYTES, length);
  return { ts: column(0), open: column(1), high: column(2), low: column(3), close: column(4), volume: column(5) };
}

/** The description to post to a thread. Candles that are not in shared memory already are copied there. */
export function toSharedCandles(candles: Candles): SharedCandles {
  const found = findShared(candles);
  if (found) return found;
  const shared = newSharedCandles(candles.ts.length);
  const copy = fromShared(shared);
  for (const column of CANDLE_COLUMNS) copy[column].set(candles[column]);
  return shared;
}

/** Recognises columns that `fromShared` made, and ranges of them. */
function findShared({ ts, open, high, low, close, volume }: Candles): SharedCandles | undefined {
  const { buffer, byteOffset, length } = ts;
  if (!(buffer instanceof SharedArrayBuffer)) return undefined;
  const stride = buffer.byteLength / CANDLE_COLUMNS.length / VALUE_BYTES;
  const inPlace = [ts, open, high, low, close, volume].every(
    (column, index) =>
      column.buffer === buffer &&
      column.byteOffset === byteOffset + index * stride * VALUE_BYTES &&
      column.length === length,
  );
  return inPlace ? { buffer, stride, start: byteOffset / VALUE_BYTES, length } : undefined;
}
