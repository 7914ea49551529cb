import { type CandleBatch, newCandleBatch } from './candle-batch.ts';
import { CandleCsvParser } from './candle-csv-parser.ts';
import { CandleImportError } from './candle-import-error.ts';

export interface ParseCandleCsvOptions {
  /** Candles in a batch. */
  readonly batchSize?: number;
  /** Longest file to read, after unpacking. */
  readonly maxBytes?: number;
}

/** A batch makes a piece of COPY of 370 KB: large enough that the cost of a write is shared, small enough for a cache. */
const BATCH_SIZE = 4096;
/** About 60 million bars: every minute of a century of stock trading days. */
const MAX_BYTES = 4 * 1024 ** 3;

/**
 * Reads a file of candles, `ts,open,high,low,close,volume`, in batches. Every row is checked: six columns, a time of the
 * calendar, finite numbers, 0 < low <= open, close <= high, volume >= 0, and ascending times. Prices and volumes come out
 * bit for bit as `Number` reads them. Bytes in, typed arrays out: nothing is allocated per row.
 *
 * @param source pieces of the file, of any size
 * @returns batches with at least one candle; the one object is filled again for the next
 * @throws CandleImportError about the first thing that is wrong, with its line
 */
export async function* parseCandleCsv(
  source: AsyncIterable<Uint8Array>,
  options: ParseCandleCsvOptions = {},
): AsyncGenerator<CandleBatch, void, void> {
  const { batchSize = BATCH_SIZE, maxBytes = MAX_BYTES } = options;
  const batch = newCandleBatch(batchSize);
  const parser = new CandleCsvParser(batch);
  for await (const chunk of source) {
    const piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    batch.bytesRead += piece.length;
    if (batch.bytesRead > maxBytes) {
      throw new CandleImportError('file_too_large', `the file has more than ${maxBytes} bytes; split it by time`);
    }
    for (let at = 0; at < piece.length; ) {
      at = parser.parse(piece, at);
      if (batch.count === batchSize) {
        yield batch;
        batch.count = 0;
      }
    }
  }
  parser.finish();
  if (batch.count > 0) yield batch;
}
