import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { CandleCache } from '@tradebase/market-data';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedMarket } from '../../packages/client/test/support/seed-market.ts';
import { countCandles, loadMarketData, type MarketRequest } from '../src/market/load-market-data.ts';
import { workerUrl } from './support/worker-process.ts';

/** The candles of a portfolio, read as a worker reads them. */
let stack: TestStack;
let worker: pg.Pool;
let request: MarketRequest;

beforeAll(async () => {
  stack = await startStack();
  await seedMarket(stack, 'ACME', 100);
  await seedMarket(stack, 'BOLT', 50);
  const owner = new pg.Client({ connectionString: stack.databaseUrl() });
  await owner.connect();
  await owner.query(
    `update public.instruments set asset_class = 'crypto', tick_size = 0.5, multiplier = 10 where symbol = 'BOLT'`,
  );
  await owner.query(
    `update public.candle_coverage set version = 7 where instrument_id = (select id from public.instruments where symbol = 'BOLT')`,
  );
  await owner.query(
    `insert into public.candle_coverage select instrument_id, '1h', first_at, last_at, candle_count from public.candle_coverage where timeframe = '1d'`,
  );
  await owner.query(
    `insert into public.candles select instrument_id, '1h', ts, open, high, low, close, volume from public.candles where timeframe = '1d'`,
  );
  const { rows } = await owner.query<{ id: number }>('select id from public.instruments order by symbol desc');
  await owner.end();
  worker = new pg.Pool({ connectionString: workerUrl(stack), max: 4 });
  request = {
    instrumentIds: rows.map(({ id }) => id),
    timeframe: '1d',
    finerTimeframe: '1h',
    rangeStart: null,
    rangeEnd: null,
    settings: { instrument: { tick_size: 0.01 } },
  };
});

afterAll(async () => {
  await worker?.end();
  await stack?.stop();
});

const load = (change: Partial<MarketRequest> = {}) =>
  loadMarketData(worker, new CandleCache(1_000_000), { ...request, ...change }, new AbortController().signal);

describe('The market of a backtest', () => {
  it('has all instruments in the order of the request, with shorter bars and the versions of all candles', async () => {
    const { data, instrumentIds, dataVersions } = await load();
    expect(
      data.instruments.map(({ symbol, candles, finer }) => [symbol, candles.ts.length, finer?.candles.ts.length]),
    ).toEqual([
      ['BOLT', 50, 50],
      ['ACME', 100, 100],
    ]);
    expect(instrumentIds).toEqual(request.instrumentIds);
    expect(Object.entries(dataVersions)).toEqual([
      ['BOLT 1d', 7],
      ['BOLT 1h', 1],
      ['ACME 1d', 1],
      ['ACME 1h', 1],
    ]);
  });

  it('takes from each instrument what the request does not say of it', async () => {
    const { data } = await load();
    expect(data.instruments.map(({ rules }) => rules)).toMatchObject([
      { tick_size: 0.01, multiplier: 10, calendar: 'crypto' },
      { tick_size: 0.01, multiplier: 1, calendar: 'equities' },
    ]);
    const unsaid = await load({ settings: {} });
    expect(unsaid.data.instruments[0]?.rules?.tick_size).toBe(0.5);
  });

  it('is estimated before it is loaded, by what the range has of each series', async () => {
    expect(await countCandles(worker, request)).toBe(300);
    const rangeEnd = Date.UTC(2024, 0, 11);
    const { data } = await load({ rangeEnd });
    const loaded = data.instruments.reduce((sum, { candles }) => sum + 2 * candles.ts.length, 0);
    expect(Math.abs((await countCandles(worker, { ...request, rangeEnd })) - loaded)).toBeLessThanOrEqual(4);
    // Half of the hours between the first candle and the last could be filled in.
    const hours = { ...request, timeframe: '1h', finerTimeframe: null, settings: { gaps: 'fill' } } as const;
    expect(await countCandles(worker, hours)).toBe(24 * (99 + 49));
  });
});
