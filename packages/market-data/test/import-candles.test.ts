import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importCandles } from '../src/index.ts';
import { CANDLE_FILES, candleFile, HAVE_CANDLE_FILES } from './support/candle-files.ts';
import { type CandleDatabase, startCandleDatabase } from './support/database.ts';
import { csvOf, dailyRow, dailyRows, pieces } from './support/pieces.ts';

let database: CandleDatabase;
let worker: Client;
/** Another connection, that sees only what is committed. */
let observer: Client;
let dir: string;

beforeAll(async () => {
  database = await startCandleDatabase();
  worker = await database.connect();
  observer = await database.connect('postgres');
  dir = await mkdtemp(join(tmpdir(), 'candle-files-'));
});

afterAll(async () => {
  await database?.stop();
  if (dir) await rm(dir, { recursive: true, force: true });
});

const daily = (symbol: string, rows: readonly string[]) => ({ source: pieces(csvOf(rows)), symbol, timeframe: '1d' });

async function storedCloses(symbol: string): Promise<number[]> {
  const { rows } = await observer.query<{ close: number }>(
    `select close from public.candles join public.instruments on id = instrument_id where symbol = $1 order by timeframe, ts`,
    [symbol],
  );
  return rows.map((row) => row.close);
}

async function coverageOf(symbol: string) {
  const { rows } = await observer.query<{ first_at: Date; last_at: Date; candle_count: string; version: string }>(
    `select first_at, last_at, candle_count, version
     from public.candle_coverage join public.instruments on id = instrument_id where symbol = $1`,
    [symbol],
  );
  const [row] = rows;
  if (!row) return undefined;
  return {
    first: row.first_at.toISOString().slice(0, 10),
    last: row.last_at.toISOString().slice(0, 10),
    count: Number(row.candle_count),
    version: Number(row.version),
  };
}

async function expectNothingOf(symbol: string): Promise<void> {
  const { rows } = await observer.query('select from public.instruments where symbol = $1', [symbol]);
  expect(rows).toHaveLength(0);
  const orphans = await observer.query(
    'select from public.candles where instrument_id not in (select id from public.instruments)',
  );
  expect(orphans.rowCount).toBe(0);
}

async function untilActive(query: string): Promise<void> {
  // Other files have databases of their own on this server.
  const active = `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
    and (query ilike $1 or wait_event_type || ' ' || wait_event ilike $1)`;
  await expect.poll(async () => (await observer.query(active, [query])).rowCount, { interval: 1 }).toBeGreaterThan(0);
}

describe('a new series', () => {
  test('is stored with its instrument and coverage', async () => {
    const result = await importCandles(worker, { ...daily('new', dailyRows(0, 10)), name: 'New Inc.' });
    expect(result).toMatchObject({ symbol: 'NEW', timeframe: '1d', rows: 10, inserted: 10, updated: 0, unchanged: 0 });
    expect(result).toMatchObject({
      first_at: '2024-01-01T00:00:00.000Z',
      last_at: '2024-01-10T00:00:00.000Z',
      version: 1,
    });
    expect(await coverageOf('NEW')).toEqual({ first: '2024-01-01', last: '2024-01-10', count: 10, version: 1 });
    const { rows } = await observer.query('select id, name from public.instruments where symbol = $1', ['NEW']);
    expect(rows).toEqual([{ id: result.instrument_id, name: 'New Inc.' }]);
  });

  test('keeps every bit of its numbers', async () => {
    const row = '2024-01-01T12:34:56.789Z,0.1,0.30000000000000004,5e-324,0.2,1.7976931348623157e308';
    await importCandles(worker, daily('BITS', [row]));
    const { rows } = await observer.query(
      `select ts, open, high, low, close, volume from public.candles join public.instruments on id = instrument_id where symbol = 'BITS'`,
    );
    const ts = new Date('2024-01-01T12:34:56.789Z');
    expect(rows).toEqual([{ ts, open: 0.1, high: 0.1 + 0.2, low: 5e-324, close: 0.2, volume: Number.MAX_VALUE }]);
  });

  test('may come from a packed file, as postgres too', async () => {
    const path = join(dir, 'packed.csv.gz');
    await writeFile(path, gzipSync(csvOf(dailyRows(0, 5000))));
    const result = await importCandles(observer, { source: path, symbol: 'PACKED', timeframe: '1d' });
    expect(result).toMatchObject({ rows: 5000, inserted: 5000 });
  });

  test('tells how far it is', async () => {
    const seen: number[] = [];
    const onProgress = ({ rows }: { rows: number }) => seen.push(rows);
    await importCandles(worker, { ...daily('PROGRESS', dailyRows(0, 10_000)), onProgress });
    expect(seen).toEqual([4096, 8192, 10_000]);
  });
});

describe('a series that exists', () => {
  test('stays as it is when the same file comes again', async () => {
    await importCandles(worker, daily('SAME', dailyRows(0, 50)));
    const again = await importCandles(worker, daily('SAME', dailyRows(0, 50)));
    expect(again).toMatchObject({ rows: 50, inserted: 0, updated: 0, unchanged: 50, version: 1 });
    expect(await coverageOf('SAME')).toMatchObject({ count: 50, version: 1 });
    const rewritten = await observer.query(
      `select from public.candles join public.instruments on id = instrument_id where symbol = 'SAME' and candles.xmax <> '0'`,
    );
    expect(rewritten.rowCount).toBe(0);
  });

  test('grows at both ends and within, and only changed bars change', async () => {
    const days = (list: number[]) => list.map((day) => dailyRow(day));
    await importCandles(worker, daily('OVERLAP', days([10, 11, 13, 14])));
    const rows = [...dailyRows(8, 13), dailyRow(13, 99), ...dailyRows(14, 17)];
    const result = await importCandles(worker, daily('OVERLAP', rows));
    expect(result).toMatchObject({ rows: 9, inserted: 5, updated: 1, unchanged: 3, version: 2 });
    expect(await storedCloses('OVERLAP')).toEqual([10, 10, 10, 10, 10, 99, 10, 10, 10]);
    expect(await coverageOf('OVERLAP')).toEqual({ first: '2024-01-09', last: '2024-01-17', count: 9, version: 2 });
  });

  test('takes what lies before it and what lies after it', async () => {
    await importCandles(worker, daily('ENDS', dailyRows(10, 20)));
    expect(await importCandles(worker, daily('ENDS', dailyRows(20, 25)))).toMatchObject({ inserted: 5, version: 2 });
    expect(await importCandles(worker, daily('ENDS', dailyRows(0, 5)))).toMatchObject({ inserted: 5, version: 3 });
    expect(await importCandles(worker, daily('ENDS', dailyRows(5, 10)))).toMatchObject({ inserted: 5, version: 4 });
    expect(await coverageOf('ENDS')).toEqual({ first: '2024-01-01', last: '2024-01-25', count: 25, version: 4 });
  });

  test('is another one in another timeframe', async () => {
    await importCandles(worker, daily('FRAMES', dailyRows(0, 3)));
    const weekly = await importCandles(worker, { ...daily('FRAMES', dailyRows(0, 1)), timeframe: '1w' });
    expect(weekly).toMatchObject({ inserted: 1, version: 1 });
    expect(await storedCloses('FRAMES')).toHaveLength(4);
  });

  test('gets its coverage if somebody wrote its candles by hand', async () => {
    const { rows } = await observer.query(`insert into public.instruments (symbol) values ('HAND') returning id`);
    await observer.query(`insert into public.candles values ($1, '1d', '2024-01-03', 1, 1, 1, 1, 0)`, [rows[0].id]);
    expect(await importCandles(worker, daily('HAND', dailyRows(0, 5)))).toMatchObject({ inserted: 4, updated: 1 });
    expect(await coverageOf('HAND')).toEqual({ first: '2024-01-01', last: '2024-01-05', count: 5, version: 1 });
  });
});

describe('nothing remains of an import', () => {
  const manyRows = dailyRows(0, 20_000);

  test('with a bad row in the middle', async () => {
    const rows = manyRows.with(15_000, '2065-01-26T00:00:00Z,1,2,3,1,0');
    await expect(importCandles(worker, daily('BAD', rows))).rejects.toMatchObject({
      code: 'bad_price',
      details: { line: 15_002 },
    });
    await expectNothingOf('BAD');
  });

  test('with a bad row among bars to be merged', async () => {
    await importCandles(worker, daily('BADMERGE', dailyRows(0, 10)));
    const rows = [dailyRow(0, 99), dailyRow(1), 'x'];
    await expect(importCandles(worker, daily('BADMERGE', rows))).rejects.toMatchObject({ code: 'bad_row' });
    expect(await storedCloses('BADMERGE')).toEqual(Array(10).fill(10));
    expect(await importCandles(worker, daily('BADMERGE', dailyRows(0, 11)))).toMatchObject({
      inserted: 1,
      unchanged: 10,
    });
  });

  test('that was aborted, and the connection can be used again', async () => {
    const abort = new AbortController();
    const request = { ...daily('ABORTED', manyRows), signal: abort.signal, onProgress: () => abort.abort() };
    await expect(importCandles(worker, request)).rejects.toMatchObject({ name: 'AbortError' });
    await expectNothingOf('ABORTED');
    expect(await importCandles(worker, daily('ABORTED', manyRows))).toMatchObject({ inserted: 20_000 });
  });

  test('whose source broke', async () => {
    async function* broken() {
      yield* pieces(csvOf(manyRows));
      throw new Error('the network went away');
    }
    const request = { source: broken(), symbol: 'BROKEN', timeframe: '1d' };
    await expect(importCandles(worker, request)).rejects.toThrow('the network went away');
    await expectNothingOf('BROKEN');
  });

  test('whose connection was killed', async () => {
    const victim = await database.connect();
    const { rows } = await victim.query<{ pid: number }>('select pg_backend_pid() as pid');
    async function* killing() {
      yield* pieces(csvOf(manyRows).slice(0, 600_000));
      await observer.query('select pg_terminate_backend($1, 5000)', [rows[0]?.pid]);
      yield* pieces(manyRows.slice(-5).join('\n'));
    }
    const request = { source: killing(), symbol: 'KILLED', timeframe: '1d' };
    await expect(importCandles(victim, request)).rejects.toThrow();
    await expectNothingOf('KILLED');
  });

  test('that the table refuses', async () => {
    const other = await database.connect('postgres');
    await other.query('begin');
    const { rows } = await other.query(`insert into public.instruments (symbol) values ('RACE') returning id`);
    await other.query(`insert into public.candles values ($1, '1d', '2024-01-03', 1, 1, 1, 1, 0)`, [rows[0].id]);
    await other.query('commit; begin');
    await other.query(`insert into public.candles values ($1, '1d', '2024-01-09', 1, 1, 1, 1, 0)`, [rows[0].id]);
    const racing = importCandles(worker, daily('RACE', dailyRows(0, 10)));
    const outcome = expect(racing).rejects.toMatchObject({ code: '23505' });
    await untilActive('Lock transactionid');
    await other.query('commit');
    await outcome;
    expect(await coverageOf('RACE')).toBeUndefined();
    expect(await storedCloses('RACE')).toEqual([1, 1]);
  });
});

test('imports of the same new series at the same time wait for each other', async () => {
  const clients = await Promise.all(Array.from({ length: 4 }, () => database.connect()));
  const results = await Promise.all(
    clients.map((client, index) =>
      importCandles(client, daily('CONCURRENT', dailyRows(index * 10, index * 10 + 3000))),
    ),
  );
  expect(results.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(3030);
  expect(results.map(({ version }) => version).sort()).toEqual(expect.arrayContaining([1]));
  expect(await coverageOf('CONCURRENT')).toMatchObject({ count: 3030 });
  expect(await storedCloses('CONCURRENT')).toHaveLength(3030);
});

test('imports of different series do not wait', async () => {
  const holder = await database.connect();
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  async function* slow() {
    yield* pieces(csvOf(dailyRows(0, 5000)));
    await released;
  }
  const held = importCandles(holder, { source: slow(), symbol: 'SLOW', timeframe: '1d' });
  await untilActive('copy public.candles%');
  expect(await importCandles(worker, daily('QUICK', dailyRows(0, 5)))).toMatchObject({ inserted: 5 });
  release();
  expect(await held).toMatchObject({ inserted: 5000 });
});

describe('a request that cannot be', () => {
  test.each([
    ['bad_symbol', { symbol: 'A B' }],
    ['bad_symbol', { symbol: '' }],
    ['bad_symbol', { symbol: `A${'B'.repeat(32)}` }],
    ['bad_timeframe', { timeframe: '7m' }],
    ['file_not_found', { source: '/nowhere/candles.csv' }],
    ['file_unreadable', { source: tmpdir() }],
  ])('is refused with %s', async (code, wrong) => {
    const request = { ...daily('REFUSED', dailyRows(0, 3)), ...wrong };
    await expect(importCandles(worker, request)).rejects.toMatchObject({ name: 'CandleImportError', code });
    await expectNothingOf('REFUSED');
  });

  test('such as a packed file that is not', async () => {
    const path = join(dir, 'plain.csv.gz');
    await writeFile(path, csvOf(dailyRows(0, 3)));
    const request = { source: path, symbol: 'REFUSED', timeframe: '1d' };
    await expect(importCandles(worker, request)).rejects.toMatchObject({ code: 'file_unreadable' });
  });
});

describe.skipIf(!HAVE_CANDLE_FILES)('real candles', () => {
  test.each(CANDLE_FILES)('$file, twice', async ({ file, timeframe, rows, first, last }) => {
    const request = { source: candleFile(file), symbol: file.slice(0, file.indexOf('_')), timeframe };
    const expected = { rows, first_at: first, last_at: last, updated: 0 };
    expect(await importCandles(worker, request)).toMatchObject({
      ...expected,
      inserted: rows,
      unchanged: 0,
      version: 1,
    });
    expect(await importCandles(worker, request)).toMatchObject({
      ...expected,
      inserted: 0,
      unchanged: rows,
      version: 1,
    });
  });
});
