import { createReadStream } from 'node:fs';
import type { Candles, Timeframe } from '@tradebase/contracts';
import type { ClientBase, Pool } from 'pg';
import { CandleCopyEncoder, COPY_HEADER, COPY_TRAILER } from '../src/candle-copy-encoder.ts';
import { CopyIn } from '../src/copy-in.ts';
import { type CandleRequest, parseCandleCsv } from '../src/index.ts';

const PIECE_BYTES = 1024 * 1024;
const BATCH_SIZE = 4096;

/**
 * What the server alone takes to insert the rows of a file into the same table, by one COPY BINARY whose bytes are ready
 * before the clock starts. Only the insert is measured: no reading, no parsing, no coverage.
 *
 * @param symbol of the new instrument that gets the rows
 * @returns milliseconds
 */
export async function copyPrebuiltRows(
  client: ClientBase,
  { source, timeframe }: { source: string; timeframe: Timeframe },
  symbol: string,
): Promise<number> {
  const { rows } = await client.query<{ id: number }>(
    'insert into public.instruments (symbol) values ($1) returning id',
    [symbol],
  );
  const bytes = await prebuildRows(
    source,
    new CandleCopyEncoder(BATCH_SIZE, { instrumentId: rows[0]?.id ?? 0, timeframe }),
  );
  const startedAt = performance.now();
  const copy = new CopyIn(
    client,
    `copy public.candles (instrument_id, timeframe, ts, open, high, low, close, volume) from stdin (format binary)`,
  );
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) await copy.write(bytes.subarray(at, at + PIECE_BYTES));
  await copy.finish();
  return performance.now() - startedAt;
}

async function prebuildRows(source: string, encoder: CandleCopyEncoder): Promise<Buffer> {
  const pieces: Buffer[] = [COPY_HEADER];
  for await (const batch of parseCandleCsv(createReadStream(source), { batchSize: BATCH_SIZE })) {
    pieces.push(Buffer.from(encoder.encode(batch, 0, batch.count)));
  }
  return Buffer.concat([...pieces, COPY_TRAILER]);
}

/** Candles as anyone would read them: one SELECT, rows as pg gives them, then columns. */
export async function selectIntoArrays(pool: Pool, { instrumentId, timeframe }: CandleRequest): Promise<Candles> {
  const { rows } = await pool.query<Record<Exclude<keyof Candles, 'ts'>, number> & { ts: Date }>(
    `select ts, open, high, low, close, volume from public.candles
     where instrument_id = $1 and timeframe = $2 order by ts`,
    [instrumentId, timeframe],
  );
  const column = (name: Exclude<keyof Candles, 'ts'>) => Float64Array.from(rows, (row) => row[name]);
  return {
    ts: Float64Array.from(rows, ({ ts }) => ts.getTime()),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
  };
}
