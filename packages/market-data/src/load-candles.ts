import { CANDLE_COLUMNS, type Candles, Timeframe } from '@tradebase/contracts';
import type { ClientBase } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { ByteReader } from './byte-reader.ts';
import type { CandleSeriesKey } from './candle-copy-encoder.ts';
import { CandleLoadError } from './candle-load-error.ts';
import { candleSlicesSql } from './candle-slices-sql.ts';
import { readCandleSlices } from './read-candle-slices.ts';
import { fromShared, newSharedCandles } from './shared-candles.ts';

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

/** A gigabyte of columns. */
const MAX_CANDLES = 20_000_000;

/**
 * Loads candles into typed arrays in shared memory, so that threads can use them without a copy (`toSharedCandles`).
 * Without candles in the range the columns are empty.
 *
 * The client must not be in a transaction, and belongs to the load until it is done.
 *
 * @throws CandleLoadError
 */
export async function loadCandles(client: ClientBase, request: CandleRequest): Promise<Candles> {
  return (await loadVersionedCandles(client, request)).candles;
}

/** As `loadCandles`, with the version of the series in the same snapshot. */
export async function loadVersionedCandles(client: ClientBase, request: CandleRequest): Promise<VersionedCandles> {
  checkRequest(request);
  // Without statistics, as after a first import, the planner would rather sort than walk the index in its order.
  await client.query(
    `begin isolation level repeatable read read only;
     set local enable_bitmapscan = off; set local enable_seqscan = off`,
  );
  try {
    const coverage = await readCoverage(client, request);
    const candles = coverage ? await readCandles(client, request, coverage) : emptyCandles();
    return { candles, version: coverage?.version ?? 0 };
  } finally {
    await client.query('commit').catch(() => undefined);
  }
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

async function readCandles(client: ClientBase, request: CandleRequest, coverage: Coverage): Promise<Candles> {
  const start = Math.max(request.rangeStart ?? coverage.first, coverage.first);
  const end = Math.min(request.rangeEnd ?? Number.POSITIVE_INFINITY, coverage.last + 1);
  if (start >= end) return emptyCandles();
  if (coverage.count > MAX_CANDLES) {
    throw new CandleLoadError(
      'too_many_candles',
      `the series has ${coverage.count} candles; at most ${MAX_CANDLES} load`,
    );
  }

  // Room for the whole series: memory that is never written takes no place, and the count of a range costs a scan.
  const columns = fromShared(newSharedCandles(coverage.count));
  const span = coverage.last + 1 - coverage.first;
  const expected = Math.ceil((coverage.count * (end - start)) / span);
  const reader = new ByteReader(client.query(copyTo(candleSlicesSql(request, start, end, expected))));
  try {
    const count = await readCandleSlices(reader, columns);
    await reader.drain();
    return count === coverage.count ? columns : copyOf(columns, count);
  } catch (error) {
    // The client takes no other query until the COPY has ended.
    await reader.drain().catch(() => undefined);
    throw error;
  }
}

function emptyCandles(): Candles {
  return fromShared(newSharedCandles(0));
}

/** The first candles in memory that is no larger than they are. */
function copyOf(columns: Candles, count: number): Candles {
  const copy = fromShared(newSharedCandles(count));
  for (const column of CANDLE_COLUMNS) copy[column].set(columns[column].subarray(0, count));
  return copy;
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
