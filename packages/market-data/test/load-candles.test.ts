import { Worker } from 'node:worker_threads';
import { CANDLE_COLUMNS, type Candles } from '@tradebase/contracts';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CandleCache,
  formatCandleCsv,
  fromShared,
  importCandles,
  loadCandles,
  sliceCandles,
  syntheticCandles,
  toSharedCandles,
} from '../src/index.ts';
import { type CandleDatabase, startCandleDatabase } from './support/database.ts';
import { csvOf, dailyRow, pieces } from './support/pieces.ts';

const START = Date.UTC(2020, 0, 1);
const MINUTE = 60_000;
const COUNT = 50_000;
const written = syntheticCandles({ seed: 3, count: COUNT, start: START, timeframe: '1m' });

let database: CandleDatabase;
let worker: Client;
let series: { instrumentId: number; timeframe: '1m' };

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
  series = await importSeries('LOAD', written);
});

afterAll(() => database?.stop());

describe('loading', () => {
  test('brings back what was imported, bit for bit', async () => {
    expect(plain(await loadCandles(worker, series))).toEqual(plain(written));
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
    const loaded = await loadCandles(worker, { ...series, ...range });
    const expected = sliceCandles(written, written.ts[from] ?? 0, to === COUNT ? Infinity : (written.ts[to] ?? 0));
    expect(plain(loaded)).toEqual(plain(expected));
  });

  test('a series with gaps and crowds', async () => {
    const rows = [
      dailyRow(0),
      ...[...formatCandleCsv(sliceCandles(written, START, START + 30_000 * MINUTE))]
        .join('')
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
    const loaded = await loadCandles(worker, { instrumentId: instrument_id, timeframe: '1m' });
    expect(loaded.ts).toHaveLength(30_001);
    expect(loaded.ts.every((ts, i) => i === 0 || ts > (loaded.ts[i - 1] ?? 0))).toBe(true);
  });

  test('nothing where there is nothing', async () => {
    const nobody = await loadCandles(worker, { instrumentId: 999_999, timeframe: '1m' });
    expect(nobody.ts).toHaveLength(0);
    expect((await loadCandles(worker, { ...series, timeframe: '1d' })).ts).toHaveLength(0);
  });

  test('refuses what is no request, before it becomes SQL', async () => {
    const wrong = [{ instrumentId: 1.5 }, { timeframe: "1m' or true --" as '1m' }, { rangeStart: Number.NaN }];
    for (const part of wrong) {
      await expect(loadCandles(worker, { ...series, ...part })).rejects.toMatchObject({ code: 'bad_request' });
    }
  });

  test('says so when coverage lies, and the connection can be used again', async () => {
    const admin = await database.connect('postgres');
    const stale = await importSeries('STALE', sliceCandles(written, START, START + 3 * MINUTE));
    await admin.query('update public.candle_coverage set candle_count = 1 where instrument_id = $1', [
      stale.instrumentId,
    ]);
    await expect(loadCandles(worker, stale)).rejects.toMatchObject({ code: 'stale_coverage' });
    expect((await loadCandles(worker, series)).ts).toHaveLength(COUNT);
  });

  test('a connection that is killed rejects', async () => {
    const victim = await database.connect();
    const { rows } = await victim.query<{ pid: number }>('select pg_backend_pid() as pid');
    const admin = await database.connect('postgres');
    await admin.query('begin; lock table public.candles in access exclusive mode');
    const outcome = expect(loadCandles(victim, series)).rejects.toThrow();
    await admin.query('select pg_terminate_backend($1, 5000)', [rows[0]?.pid]);
    await admin.query('rollback');
    await outcome;
  });
});

describe('shared candles', () => {
  test('are the same memory in another thread', async () => {
    const loaded = await loadCandles(worker, series);
    const shared = toSharedCandles(sliceCandles(loaded, START + 10 * MINUTE, START + 20 * MINUTE));
    expect(shared.buffer).toBe(loaded.ts.buffer);
    const thread = new Worker(
      `const { parentPort } = require('node:worker_threads');
       parentPort.once('message', ({ buffer, stride, start, length }) => {
         new Float64Array(buffer, (4 * stride + start) * 8, length)[0] = -1;
         parentPort.postMessage('done');
       });`,
      { eval: true },
    );
    const answered = new Promise((resolve) => thread.once('message', resolve));
    thread.postMessage(shared);
    await answered;
    expect(fromShared(shared).close[0]).toBe(-1);
    expect(loaded.close[10]).toBe(-1);
    await thread.terminate();
  });

  test('are a copy of candles that were not shared', () => {
    const columns = { ts: 1, open: 2, high: 3, low: 4, close: 5, volume: 6 };
    const entries = Object.entries(columns).map(([name, value]) => [name, Float64Array.of(value, value)]);
    const shared = fromShared(toSharedCandles(Object.fromEntries(entries)));
    expect(plain(shared)).toEqual([1, 2, 3, 4, 5, 6].map((value) => [value, value]));
  });
});

describe('the cache', () => {
  const range = (from: number, to: number) => ({
    ...series,
    rangeStart: START + from * MINUTE,
    rangeEnd: START + to * MINUTE,
  });

  test('answers a range within one it has from the same memory', async () => {
    const cache = new CandleCache(COUNT * 48);
    const whole = await cache.load(worker, series);
    const part = await cache.load(worker, range(100, 200));
    expect(part.ts.buffer).toBe(whole.ts.buffer);
    expect(plain(part)).toEqual(plain(sliceCandles(written, START + 100 * MINUTE, START + 200 * MINUTE)));
    expect(cache.bytes).toBe(COUNT * 48);
  });

  test('notices an import at once', async () => {
    const cache = new CandleCache(1e6);
    const growing = await importSeries('GROWING', sliceCandles(written, START, START + 10 * MINUTE));
    expect((await cache.load(worker, growing)).ts).toHaveLength(10);
    await importSeries('GROWING', sliceCandles(written, START, START + 15 * MINUTE));
    expect((await cache.load(worker, growing)).ts).toHaveLength(15);
    expect(cache.bytes).toBe(15 * 48);
  });

  test('keeps to its bytes and lets go of what was unused longest', async () => {
    const cache = new CandleCache(250 * 48);
    const first = await cache.load(worker, range(0, 100));
    await cache.load(worker, range(1000, 1100));
    expect((await cache.load(worker, range(0, 100))).ts.buffer).toBe(first.ts.buffer);
    await cache.load(worker, range(2000, 2100));
    expect(cache.bytes).toBe(200 * 48);
    expect((await cache.load(worker, range(0, 100))).ts.buffer).toBe(first.ts.buffer);
    await cache.load(worker, range(0, 40_000));
    expect(cache.bytes).toBe(200 * 48);
  });

  test('lets requests for the same range share one load', async () => {
    const cache = new CandleCache(COUNT * 48);
    const other = await database.connect();
    const [one, two] = await Promise.all([cache.load(worker, series), cache.load(other, series)]);
    expect(one.ts.buffer).toBe(two.ts.buffer);
  });
});
