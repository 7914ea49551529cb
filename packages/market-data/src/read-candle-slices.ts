import type { Candles } from '@tradebase/contracts';
import type { ByteReader } from './byte-reader.ts';
import { COPY_HEADER } from './candle-copy-encoder.ts';
import { CandleLoadError } from './candle-load-error.ts';
import { readPostgresTime } from './postgres-time.ts';

const VALUE_BYTES = 8;

/**
 * Reads what `candleSlicesSql` sends into columns, slice by slice.
 *
 * @returns how many candles there were
 * @throws CandleLoadError `stale_coverage` if there are more than the columns have room for
 */
export async function readCandleSlices(reader: ByteReader, columns: Candles): Promise<number> {
  await reader.read(COPY_HEADER.length);
  const fields = new FieldReader(reader);
  let count = 0;
  // A row begins with its number of fields, and -1 ends the stream.
  while ((await reader.read(2)).getInt16(0) >= 0) {
    const slice = await fields.read(7);
    const ts = slice[1];
    if (!ts) continue;
    const end = count + ts.byteLength / VALUE_BYTES;
    if (end > columns.ts.length) {
      throw new CandleLoadError(
        'stale_coverage',
        'there are more candles than candle_coverage says; correct its candle_count',
      );
    }
    readTimes(ts, columns.ts, count);
    const [, , open, high, low, close, volume] = slice;
    readValues(open, columns.open, count);
    readValues(high, columns.high, count);
    readValues(low, columns.low, count);
    readValues(close, columns.close, count);
    readValues(volume, columns.volume, count);
    count = end;
  }
  return count;
}

/** Reads the fields of one row after another into the same memory, which grows to the longest. */
class FieldReader {
  readonly #reader: ByteReader;
  readonly #scratch: Uint8Array<ArrayBuffer>[] = [];

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  /** The fields of a row, undefined for null. They hold until the next row. */
  async read(count: number): Promise<(DataView | undefined)[]> {
    const fields: (DataView | undefined)[] = [];
    for (let index = 0; index < count; index++) {
      // A field begins with its length, which is -1 for null.
      const length = (await this.#reader.read(4)).getInt32(0);
      fields.push(length < 0 ? undefined : await this.#reader.read(length, this.#scratchFor(index, length)));
    }
    return fields;
  }

  #scratchFor(index: number, length: number): Uint8Array<ArrayBuffer> {
    const known = this.#scratch[index];
    if (known && known.length >= length) return known;
    // Slices differ a little in length: some room to spare saves the next one from asking again.
    const scratch = new Uint8Array(Math.ceil(length * 1.25));
    this.#scratch[index] = scratch;
    return scratch;
  }
}

function readTimes(from: DataView, into: Float64Array, start: number): void {
  for (let at = 0, i = start; at < from.byteLength; at += VALUE_BYTES, i++) into[i] = readPostgresTime(from, at);
}

function readValues(from: DataView | undefined, into: Float64Array, start: number): void {
  if (!from) return;
  for (let at = 0, i = start; at < from.byteLength; at += VALUE_BYTES, i++) into[i] = from.getFloat64(at);
}
