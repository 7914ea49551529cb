import { type Candles, Timeframe } from '@tradebase/contracts';
import type { ClientBase, Pool } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { ByteReader } from './byte-reader.ts';
import { CandleChunks, type RangeEnd } from './candle-chunks.ts';
import type { CandleSeriesKey } from './candle-copy-encoder.ts';
import { CandleLoadError } from './candle-load-error.ts';
import { CandleRoom } from './candle-room.ts';
import { candleSlicesSql } from './candle-slices-sql.ts';
import { readCandleSlices } from './read-candle-slices.ts';
import { newSharedCandles } from './shared-candles.ts';
import { withConnection, withSpareConnection } from './with-connection.ts';

export interface CandleRequest {
  readonly instrumentId: number;
  readonly timeframe: Timeframe;
  /** First open time wanted, in milliseconds since the Unix epoch; from the beginning if absent. */
  readonly rangeStart?: number;
  /** Open time to stop before, in milliseconds since the Unix epoch; to the end if absent. */
  readonly rangeEnd?: number;
}

/** Candles and the version of the series they were read from, of one moment. */
export interface VersionedCandles {
  readonly candles: Candles;
  /** candle_coverage.version; 0 for a series without candles. */
  readonly version: number;
}

interface Coverage {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly version: number;
}

/** What readers of one load share. */
interface Reading {
  readonly key: CandleSeriesKey;
  readonly chunks: CandleChunks;
  readonly room: CandleRoom;
}

/** Without statistics, as after a first import, the planner would rather sort than walk the index in its order. */
const BEGIN = `begin isolation level repeatable read read only;
  set local enable_bitmapscan = off; set local enable_seqscan = off`;
/** A gigabyte of columns. */
const MAX_CANDLES = 20_000_000;

/**
 * Loads candles into typed arrays in shared memory, so that threads can use them without a copy.
 * Without candles in the range the columns are empty.
 *
 * Takes one connection of the pool, and a second one for a long range if there is one to spare: a server works on one
 * connection with one core. Both read the same snapshot.
 *
 * @throws CandleLoadError
 */
export async function loadCandles(pool: Pool, request: CandleRequest): Promise<Candles> {
  return (await loadVersionedCandles(pool, request)).candles;
}

/**
 * As `loadCandles`, with the version of the series in the same snapshot. The signal ends the load after the chunks in
 * hand, and rejects with its reason.
 */
export async function loadVersionedCandles(
  pool: Pool,
  request: CandleRequest,
  signal?: AbortSignal,
): Promise<VersionedCandles> {
  checkRequest(request);
  return withConnection(pool, async (client) => {
    await client.query(BEGIN);
    const coverage = await readCoverage(client, request);
    const candles = coverage ? await readCandles(pool, client, { request, coverage, signal }) : emptyCandles();
    await client.query('commit');
    return { candles, version: coverage?.version ?? 0 };
  });
}

async function readCoverage(client: ClientBase, key: CandleSeriesKey): Promise<Coverage | undefined> {
  const { rows } = await client.query<{ first_at: Date; last_at: Date; count: string; version: string }>(
    `select first_at, last_at, candle_count as count, version
     from public.candle_coverage where instrument_id = $1 and timeframe = $2`,
    [key.instrumentId, key.timeframe],
  );
  const [row] = rows;
  if (!row) return undefined;
  return {
    first: row.first_at.getTime(),
    last: row.last_at.getTime(),
    count: Number(row.count),
    version: Number(row.version),
  };
}

async function readCandles(
  pool: Pool,
  client: ClientBase,
  { request, coverage, signal }: { request: CandleRequest; coverage: Coverage; signal: AbortSignal | undefined },
): Promise<Candles> {
  const start = Math.max(request.rangeStart ?? coverage.first, coverage.first);
  const end = Math.min(request.rangeEnd ?? Number.POSITIVE_INFINITY, coverage.last + 1);
  if (start >= end) return emptyCandles();
  if (coverage.count > MAX_CANDLES) {
    throw new CandleLoadError(
      'too_many_candles',
      `the series has ${coverage.count} candles; at most ${MAX_CANDLES} load`,
    );
  }

  const span = coverage.last + 1 - coverage.first;
  const expected = Math.ceil((coverage.count * (end - start)) / span);
  // Room for the whole series, because the count of a range costs a scan.
  const reading = {
    key: request,
    chunks: new CandleChunks(start, end, expected),
    room: new CandleRoom(coverage.count),
  };
  const drop = () => reading.chunks.drop();
  signal?.addEventListener('abort', drop);
  try {
    signal?.throwIfAborted();
    if (reading.chunks.remaining === 1) await readChunks(client, reading, 'front');
    else await readFromBothEnds(pool, client, reading);
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener('abort', drop);
  }
  return reading.room.close();
}

async function readFromBothEnds(pool: Pool, client: ClientBase, reading: Reading): Promise<void> {
  const { rows } = await client.query<{ snapshot: string }>('select pg_export_snapshot() as snapshot');
  const snapshot = client.escapeLiteral(rows[0]?.snapshot ?? '');
  const outcomes = await Promise.allSettled([
    readChunks(client, reading, 'front'),
    withSpareConnection(pool, async (second) => {
      await second.query(`${BEGIN}; set transaction snapshot ${snapshot}`);
      await readChunks(second, reading, 'back');
      await second.query('commit');
    }),
  ]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** Reads chunk after chunk from one end of the range, until none is left. */
async function readChunks(client: ClientBase, { key, chunks, room }: Reading, from: RangeEnd): Promise<void> {
  for (let chunk = chunks.take(from); chunk; chunk = chunks.take(from)) {
    const reader = new ByteReader(client.query(copyTo(candleSlicesSql(key, chunk, from))));
    try {
      await readCandleSlices(reader, room, from);
      await reader.drain();
    } catch (error) {
      // What the other reader could still bring is of no use.
      chunks.drop();
      await reader.drain().catch(() => undefined);
      throw error;
    }
  }
}

function emptyCandles(): Candles {
  return newSharedCandles(0);
}

/** Types end where JSON begins, and the key becomes part of an SQL text. */
function checkRequest({ instrumentId, timeframe, rangeStart = 0, rangeEnd = 0 }: CandleRequest): void {
  if (!Number.isInteger(instrumentId)) {
    throw new CandleLoadError('bad_request', `the instrument is ${instrumentId}; give its number`);
  }
  if (!Timeframe.safeParse(timeframe).success) {
    throw new CandleLoadError('bad_request', `there is no timeframe ${timeframe}`);
  }
  if (Number.isNaN(rangeStart) || Number.isNaN(rangeEnd)) {
    throw new CandleLoadError('bad_request', 'the range is not a number; give milliseconds since the Unix epoch');
  }
}
