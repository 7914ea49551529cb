import { Worker } from 'node:worker_threads';
import { CANDLE_COLUMNS, type Candles } from '@tradebase/contracts';
import type { Client, Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CandleCache,
  formatCandleCsv,
  importCandles,
  loadCandles,
  sliceCandles,
  syntheticCandles,
} from '../src/index.ts';
import { type CandleDatabase, startCandleDatabase } from './support/database.ts';
import { csvOf, dailyRow, pieces } from './support/pieces.ts';

const START = Date.UTC(2020, 0, 1);
const MINUTE = 60_000;
const COUNT = 50_000;
const written = syntheticCandles({ seed: 3, count: COUNT, start: START, timeframe: '1m' });

let database: CandleDatabase;
let worker: Client;
let pool: Pool;
let series: { instrumentId: number; timeframe: '1m' };

function csvText(candles: Candles): string {
  return [...formatCandleCsv(candles)].join('');
}

async function* csv(candles: Candles): AsyncGenerator<Uint8Array> {
  yield* formatCandleCsv(candles);
}

async function importSeries(symbol: string, candles: Candles) {
  const { instrument_id } = await importCandles(worker, { source: csv(candles), symbol, timeframe: '1m' });
  return { instrumentId: instrument_id, timeframe: '1m' } as const;
}

function plain(candles: Candles): number[][] {
  return CANDLE_COLUMNS.map((column) => Array.from(candles[column]));
}

beforeAll(async () => {
  database = await startCandleDatabase();
  worker = await database.connect();
  pool = database.openPool();
  series = await importSeries('LOAD', written);
});

afterAll(() => database?.stop());

describe('loading', () => {
  test('brings back what was imported, bit for bit', async () => {
    expect(plain(await loadCandles(pool, series))).toEqual(plain(written));
  });

  test.each([
    ['from the first bar', { rangeEnd: START + 100 * MINUTE }, 0, 100],
    ['to the last bar', { rangeStart: START + 49_990 * MINUTE }, 49_990, COUNT],
    ['start inclusive, end exclusive', { rangeStart: START + 5 * MINUTE, rangeEnd: START + 7 * MINUTE }, 5, 7],
    ['between bars', { rangeStart: START + 5 * MINUTE + 1, rangeEnd: START + 7 * MINUTE + 1 }, 6, 8],
    ['several slices', { rangeStart: START + 777 * MINUTE, rangeEnd: START + 45_678 * MINUTE }, 777, 45_678],
    ['wider than the series', { rangeStart: 0, rangeEnd: START + 1e12 }, 0, COUNT],
    ['before the series', { rangeEnd: START }, 0, 0],
    ['after the series', { rangeStart: START + COUNT * MINUTE }, 0, 0],
    ['an empty range', { rangeStart: START + 9 * MINUTE, rangeEnd: START + 9 * MINUTE }, 0, 0],
    ['a range upside down', { rangeStart: START + 9 * MINUTE, rangeEnd: START + 5 * MINUTE }, 0, 0],
  ])('a range: %s', async (_, range, from, to) => {
    const loaded = await loadCandles(pool, { ...series, ...range });
    const expected = sliceCandles(written, written.ts[from] ?? 0, to === COUNT ? Infinity : (written.ts[to] ?? 0));
    expect(plain(loaded)).toEqual(plain(expected));
  });

  test('a series with gaps and crowds', async () => {
    const rows = [
      dailyRow(0),
      ...csvText(sliceCandles(written, START, START + 30_000 * MINUTE))
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((row) => row.replace(/^2020/, '2030')),
    ];
    const { instrument_id } = await importCandles(worker, {
      source: pieces(csvOf(rows)),
      symbol: 'GAPS',
      timeframe: '1m',
    });
    const loaded = await loadCandles(pool, { instrumentId: instrument_id, timeframe: '1m' });
    expect(loaded.ts).toHaveLength(30_001);
    expect(loaded.ts.every((ts, i) => i === 0 || ts > (loaded.ts[i - 1] ?? 0))).toBe(true);
  });

  test.each([
    ['from one partition into the next', Date.UTC(2019, 11, 31, 12)],
    ['from before the first partition', Date.UTC(1989, 11, 31, 12)],
    ['to after the last partition', Date.UTC(2034, 11, 31, 12)],
  ])('a series that goes on %s', async (what, start) => {
    const crossing = syntheticCandles({ seed: 5, count: 25_000, start, timeframe: '1m' });
    const request = await importSeries(what.replaceAll(' ', '-').slice(0, 32), crossing);
    expect(plain(await loadCandles(pool, request))).toEqual(plain(crossing));
    const range = { rangeStart: start + 600 * MINUTE, rangeEnd: start + 900 * MINUTE };
    expect(plain(await loadCandles(pool, { ...request, ...range }))).toEqual(
      plain(sliceCandles(crossing, range.rangeStart, range.rangeEnd)),
    );
    const again = await importCandles(worker, {
      source: csv(crossing),
      symbol: what.replaceAll(' ', '-').slice(0, 32),
      timeframe: '1m',
    });
    expect(again).toMatchObject({ inserted: 0, updated: 0, unchanged: 25_000 });
  });

  test('nothing where there is nothing', async () => {
    const nobody = await loadCandles(pool, { instrumentId: 999_999, timeframe: '1m' });
    expect(nobody.ts).toHaveLength(0);
    expect((await loadCandles(pool, { ...series, timeframe: '1d' })).ts).toHaveLength(0);
  });

  test('refuses what is no request, before it becomes SQL', async () => {
    const wrong = [{ instrumentId: 1.5 }, { timeframe: "1m' or true --" as '1m' }, { rangeStart: Number.NaN }];
    for (const part of wrong) {
      await expect(loadCandles(pool, { ...series, ...part })).rejects.toMatchObject({ code: 'bad_request' });
    }
  });

  test('says so when coverage lies, and the pool can be used again', async () => {
    const admin = await database.connect('postgres');
    const stale = await importSeries('STALE', sliceCandles(written, START, START + 3 * MINUTE));
    await admin.query('update public.candle_coverage set candle_count = 1 where instrument_id = $1', [
      stale.instrumentId,
    ]);
    await expect(loadCandles(pool, stale)).rejects.toMatchObject({ code: 'stale_coverage' });
    expect((await loadCandles(pool, series)).ts).toHaveLength(COUNT);
  });
});

describe('a long range', () => {
  const long = syntheticCandles({ seed: 4, count: 250_000, start: START, timeframe: '1m' });
  let longSeries: { instrumentId: number; timeframe: '1m' };

  beforeAll(async () => {
    longSeries = await importSeries('LONG', long);
  });

  test('is read over two connections, which go back to the pool', async () => {
    const own = database.openPool();
    expect(plain(await loadCandles(own, longSeries))).toEqual(plain(long));
    expect(own).toMatchObject({ totalCount: 2, idleCount: 2 });
  });

  test('a part of it too', async () => {
    const range = { rangeStart: START + 12_345 * MINUTE, rangeEnd: START + 234_567 * MINUTE };
    const loaded = await loadCandles(pool, { ...longSeries, ...range });
    expect(plain(loaded)).toEqual(plain(sliceCandles(long, range.rangeStart, range.rangeEnd)));
    expect(loaded.ts.buffer.byteLength).toBe(loaded.ts.length * 48);
  });

  test('with nearly all bars at its end', async () => {
    const late = csvText(long)
      .replace(/\n2020/g, '\n2032')
      .split('\n')
      .slice(1, 150_001);
    const early = '2000-01-01T00:00:00Z,10,10,10,10,1';
    const source = pieces(csvOf([early, ...late]));
    const { instrument_id } = await importCandles(worker, { source, symbol: 'LATE', timeframe: '1m' });
    const loaded = await loadCandles(pool, { instrumentId: instrument_id, timeframe: '1m' });
    expect(Array.from(loaded.close)).toEqual([10, ...long.close.subarray(0, 150_000)]);
    expect(loaded.ts.every((ts, i) => i === 0 || ts > (loaded.ts[i - 1] ?? 0))).toBe(true);
  });

  test('is read over one where there is no other', async () => {
    const single = database.openPool({ max: 1 });
    expect(plain(await loadCandles(single, longSeries))).toEqual(plain(long));
  });

  test('is read over one where the server refuses another', async () => {
    let connections = 0;
    const onConnect = () => {
      connections++;
      if (connections > 1) throw new Error('too many connections');
    };
    const refused = database.openPool({ onConnect });
    expect((await loadCandles(refused, longSeries)).ts).toHaveLength(long.ts.length);
    expect(connections).toBe(2);
  });

  test('loads that want all connections at once do not wait for each other for ever', async () => {
    const small = database.openPool({ max: 3 });
    const loads = Array.from({ length: 5 }, () => loadCandles(small, longSeries));
    for (const loaded of await Promise.all(loads)) expect(loaded.volume.at(-1)).toBe(long.volume.at(-1));
    expect(small).toMatchObject({ waitingCount: 0, idleCount: small.totalCount });
  });

  test('is of one moment, whatever changes before the second connection reads', async () => {
    const admin = await database.connect('postgres');
    const changing = await importSeries('CHANGING', long);
    let connections = 0;
    const onConnect = async () => {
      connections++;
      if (connections === 1) return;
      const last = new Date(long.ts.at(-1) ?? 0);
      await admin.query('update public.candles set volume = volume + 1 where instrument_id = $1 and ts = $2', [
        changing.instrumentId,
        last,
      ]);
    };
    const loaded = await loadCandles(database.openPool({ onConnect }), changing);
    expect(loaded.volume.at(-1)).toBe(long.volume.at(-1));
    expect(connections).toBe(2);
  });

  test.each([
    ['a connection', 1, 50_000],
    ['one of two connections', 2, Infinity],
  ])('rejects when %s is killed, and the pool replaces it', async (_, connections, bars) => {
    const own = database.openPool();
    const admin = await database.connect('postgres');
    await admin.query('begin; lock table public.candles in access exclusive mode');
    const request = { ...longSeries, ...(bars === Infinity ? {} : { rangeEnd: START + bars * MINUTE }) };
    const outcome = expect(loadCandles(own, request)).rejects.toThrow();
    const waiting = await untilWaiting(await database.connect('postgres'), connections);
    await admin.query('select pg_terminate_backend($1, 5000)', [waiting.at(-1)]);
    await admin.query('rollback');
    await outcome;
    expect((await loadCandles(own, request)).ts).toHaveLength(Math.min(bars, long.ts.length));
  });
});

/**
 * Process ids of connections that wait for a lock in this database, the oldest first, once there are so many.
 *
 * @param observer not in a transaction, which would see the same activity again and again
 */
async function untilWaiting(observer: Client, count: number): Promise<number[]> {
  let waiting: number[] = [];
  const look = async () => {
    const { rows } = await observer.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' order by backend_start`,
    );
    waiting = rows.map(({ pid }) => pid);
    return waiting.length;
  };
  await expect.poll(look, { interval: 1 }).toBeGreaterThanOrEqual(count);
  return waiting;
}

describe('shared candles', () => {
  test('are the same memory in another thread', async () => {
    const loaded = await loadCandles(pool, series);
    const slice = sliceCandles(loaded, START + 10 * MINUTE, START + 20 * MINUTE);
    const thread = new Worker(
      `const { parentPort } = require('node:worker_threads');
       parentPort.once('message', (candles) => {
         candles.close[0] = -1;
         parentPort.postMessage('done');
       });`,
      { eval: true },
    );
    const answered = new Promise((resolve) => thread.once('message', resolve));
    thread.postMessage(slice);
    await answered;
    expect(loaded.close[10]).toBe(-1);
    await thread.terminate();
  });
});

describe('the cache', () => {
  const range = (from: number, to: number) => ({
    ...series,
    rangeStart: START + from * MINUTE,
    rangeEnd: START + to * MINUTE,
  });

  test.each([
    ['goes on with a load while somebody waits for it', 1, COUNT],
    ['gives a load up when nobody waits for it any more', 2, 0],
  ])('%s', async (_what, leaving, kept) => {
    const cache = new CandleCache(COUNT * 48);
    const hold = await database.connect('postgres');
    await hold.query('begin; lock table public.candles in access exclusive mode');
    const signals = [new AbortController(), new AbortController()];
    const loads = Promise.allSettled(signals.map(({ signal }) => cache.load(pool, series, signal)));
    await untilWaiting(hold, 1);
    for (const signal of signals.slice(0, leaving)) signal.abort();
    await hold.query('rollback');
    expect((await loads)[1]?.status).toBe(kept > 0 ? 'fulfilled' : 'rejected');
    expect(cache.bytes).toBe(kept * 48);
    expect((await cache.load(pool, series)).ts).toHaveLength(COUNT);
  });

  test('answers a range within one it has from the same memory', async () => {
    const cache = new CandleCache(COUNT * 48);
    const whole = await cache.load(pool, series);
    const part = await cache.load(pool, range(100, 200));
    expect(part.ts.buffer).toBe(whole.ts.buffer);
    expect(plain(part)).toEqual(plain(sliceCandles(written, START + 100 * MINUTE, START + 200 * MINUTE)));
    expect(cache.bytes).toBe(COUNT * 48);
  });

  test('notices an import at once', async () => {
    const cache = new CandleCache(1e6);
    const growing = await importSeries('GROWING', sliceCandles(written, START, START + 10 * MINUTE));
    expect((await cache.load(pool, growing)).ts).toHaveLength(10);
    await importSeries('GROWING', sliceCandles(written, START, START + 15 * MINUTE));
    expect((await cache.load(pool, growing)).ts).toHaveLength(15);
    expect(cache.bytes).toBe(15 * 48);
  });

  test('keeps to its bytes and lets go of what was unused longest', async () => {
    const cache = new CandleCache(250 * 48);
    const first = await cache.load(pool, range(0, 100));
    await cache.load(pool, range(1000, 1100));
    expect((await cache.load(pool, range(0, 100))).ts.buffer).toBe(first.ts.buffer);
    await cache.load(pool, range(2000, 2100));
    expect(cache.bytes).toBe(200 * 48);
    expect((await cache.load(pool, range(0, 100))).ts.buffer).toBe(first.ts.buffer);
    await cache.load(pool, range(0, 40_000));
    expect(cache.bytes).toBe(200 * 48);
  });

  test('lets requests for the same range share one load', async () => {
    const cache = new CandleCache(COUNT * 48);
    const [one, two] = await Promise.all([cache.load(pool, series), cache.load(pool, series)]);
    expect(one.ts.buffer).toBe(two.ts.buffer);
  });
});
