import type { ByteReader } from './byte-reader.ts';
import type { RangeEnd } from './candle-chunks.ts';
import { COPY_HEADER } from './candle-copy-encoder.ts';
import type { CandleRoom } from './candle-room.ts';
import { readPostgresTime } from './postgres-time.ts';

const VALUE_BYTES = 8;
const PRICES_BYTES = 4 * VALUE_BYTES;
const FIELDS_IN_ROW = 3;

/**
 * Reads what `candleSlicesSql` sends into the room, slice by slice, from the end that the statement begins with.
 *
 * @throws CandleLoadError `stale_coverage` if there is no room for them
 */
export async function readCandleSlices(reader: ByteReader, room: CandleRoom, from: RangeEnd): Promise<void> {
  await reader.read(COPY_HEADER.length);
  const fields = new FieldReader(reader);
  // A row begins with its number of fields, and -1 ends the stream.
  while ((await reader.read(2)).getInt16(0) >= 0) {
    const [ts, prices, volume] = await fields.read(FIELDS_IN_ROW);
    if (!ts || !prices || !volume) continue;
    const start = room.take(from, ts.byteLength / VALUE_BYTES);
    readTimes(ts, room, start);
    readPrices(prices, room, start);
    readVolumes(volume, room, start);
  }
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

function readTimes(from: DataView, { columns: { ts } }: CandleRoom, start: number): void {
  const count = from.byteLength / VALUE_BYTES;
  for (let i = 0; i < count; i++) ts[start + i] = readPostgresTime(from, i * VALUE_BYTES);
}

function readPrices(from: DataView, { columns: { open, high, low, close } }: CandleRoom, start: number): void {
  const count = from.byteLength / PRICES_BYTES;
  for (let i = 0; i < count; i++) {
    const at = i * PRICES_BYTES;
    open[start + i] = from.getFloat64(at);
    high[start + i] = from.getFloat64(at + VALUE_BYTES);
    low[start + i] = from.getFloat64(at + 2 * VALUE_BYTES);
    close[start + i] = from.getFloat64(at + 3 * VALUE_BYTES);
  }
}

function readVolumes(from: DataView, { columns: { volume } }: CandleRoom, start: number): void {
  const count = from.byteLength / VALUE_BYTES;
  for (let i = 0; i < count; i++) volume[start + i] = from.getFloat64(i * VALUE_BYTES);
}
