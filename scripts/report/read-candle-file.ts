import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CANDLE_COLUMNS, type Candles } from '@tradebase/contracts';
import { parseCandleCsv } from '@tradebase/market-data';

const FIRST_CAPACITY = 65_536;

/**
 * Reads a CSV file of candles, `.csv` or `.csv.gz`, into columns.
 *
 * @param onProgress told how many candles have been read
 * @throws CandleImportError about the first thing that is wrong, with its line; the error of the file system without a file
 */
export async function readCandleFile(path: string, onProgress: (candles: number) => void): Promise<Candles> {
  const bytes = createReadStream(path);
  const source = path.endsWith('.gz') ? pipeline(bytes, createGunzip(), () => {}) : bytes;
  let columns = newColumns(FIRST_CAPACITY);
  let length = 0;
  for await (const batch of parseCandleCsv(source)) {
    if (length + batch.count > columns.ts.length) columns = grown(columns, 2 * (length + batch.count));
    for (const name of CANDLE_COLUMNS) columns[name].set(batch.columns[name].subarray(0, batch.count), length);
    length += batch.count;
    onProgress(length);
  }
  const exact = newColumns(length);
  for (const name of CANDLE_COLUMNS) exact[name].set(columns[name].subarray(0, length));
  return exact;
}

function grown(columns: Candles, capacity: number): Candles {
  const larger = newColumns(capacity);
  for (const name of CANDLE_COLUMNS) larger[name].set(columns[name]);
  return larger;
}

function newColumns(length: number): Candles {
  const column = () => new Float64Array(length);
  return { ts: column(), open: column(), high: column(), low: column(), close: column(), volume: column() };
}
