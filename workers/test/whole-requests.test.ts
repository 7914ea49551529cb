import { followTaskEvents, type NamedTaskEvent } from '@tradebase/client';
import { type Candles, InstrumentRules, StrategySpec, StudyResult, type Timeframe } from '@tradebase/contracts';
import { ENGINE_VERSION, makeReceipt, runBacktest } from '@tradebase/engine';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from '../../packages/client/test/support/as-role.ts';
import { invoke } from '../../packages/client/test/support/invoke.ts';
import { liftLimits } from '../../packages/client/test/support/lift-limits.ts';
import { type Persona, signUp } from '../../packages/client/test/support/personas.ts';
import { seedMarket } from '../../packages/client/test/support/seed-market.ts';
import { startTestWorker, type TestWorker } from './support/worker-process.ts';

/** Every kind of request that users make, through the function api, to what a worker made of it: on one stack, with one worker. */
let stack: TestStack;
let user: Persona;
let worker: TestWorker;

const BARS = 300;

beforeAll(async () => {
  stack = await startStack({ functions: true });
  await Promise.all([seedMarket(stack, 'ACME', BARS), seedMarket(stack, 'BOLT', BARS), liftLimits(stack)]);
  await Promise.all([seedFiner('ACME'), seedFiner('BOLT')]);
  user = await signUp(stack, 'user');
  worker = await startTestWorker(stack, { TRADEBASE_WORKER_CONCURRENCY: '2' });
});

afterAll(async () => {
  await worker?.end();
  await stack?.stop();
});

/** Bars of twelve hours within those of days: the high comes first. */
async function seedFiner(symbol: string): Promise<void> {
  await asPostgres(stack, async (client) => {
    await client.query(
      `insert into public.candle_coverage (instrument_id, timeframe, first_at, last_at, candle_count)
       select instrument_id, '12h', first_at, last_at + interval '12 hours', 2 * candle_count
       from public.candle_coverage where instrument_id = (select id from public.instruments where symbol = $1)`,
      [symbol],
    );
    await client.query(
      `insert into public.candles (instrument_id, timeframe, ts, open, high, low, close, volume)
       select instrument_id, '12h', ts + half * interval '12 hours', open, case half when 0 then high else open end,
         case half when 1 then low else open end, close, volume / 2
       from public.candles, generate_series(0, 1) half
       where timeframe = '1d' and instrument_id = (select id from public.instruments where symbol = $1)`,
      [symbol],
    );
  });
}

const call = (method: Parameters<typeof invoke>[1], path: string, body?: object) =>
  invoke(user.client, method, `api${path}`, body);

const END = ['task_completed', 'task_failed', 'task_cancelled'];

/** Resolves with the event that ends a task, now or later. */
async function waitFor(id: string): Promise<NamedTaskEvent> {
  const found = Promise.withResolvers<NamedTaskEvent>();
  const feed = followTaskEvents(
    user.client,
    user.id,
    (named) => {
      if (named.event.id === id && END.includes(named.name)) found.resolve(named);
    },
    { after: 0 },
  );
  feed.live.catch(found.reject);
  const event = await found.promise;
  await feed.stop();
  return event;
}

async function requested(path: string, body: object): Promise<string> {
  const answer = await call('POST', path, body);
  expect([answer.status, answer.body]).toMatchObject([201, { status: 'queued' }]);
  return String(answer.body.id);
}

describe('A study', () => {
  const STUDY = {
    symbol: 'ACME',
    timeframe: '1d',
    strategy: { name: 'sma-cross', params: { fast: 2, slow: 9 } },
    search_space: { fast: { values: [2, 3, 4] }, slow: { min: 5, max: 12, step: 1 } },
    objective: 'total_return_pct',
    fee_bps: 5,
    settings: { instrument: { min_notional: 60 } },
    seed: 7,
  };

  async function resultOf(body: object): Promise<StudyResult> {
    const id = await requested('/optimisations', { ...STUDY, ...body });
    expect([(await waitFor(id)).event.error, id]).toEqual([null, id]);
    const { body: results } = await call('GET', `/optimisations/${id}/results`);
    expect(results.status).toBe('completed');
    return StudyResult.parse(results.result);
  }

  it.each(['random', 'bayesian'] as const)('of the kind %s makes as many trials as it was asked for', async (kind) => {
    const result = await resultOf({ kind, trials: 8 });
    expect(result).toMatchObject({ kind, trials: { completed: 8, failed: 0 } });
    expect(result.best?.objective_value).toBe(
      Math.max(...result.top.map(({ objective_value }) => objective_value ?? Number.NEGATIVE_INFINITY)),
    );
    // As one backtest of those parameters says.
    const data = { instruments: [await marketOf('ACME')] };
    const { summary } = runBacktest({
      data,
      strategy: { name: 'sma-cross', params: { ...result.best?.params } },
      initial_cash: 10_000,
      settings: { fees: { type: 'bps', maker_bps: 5, taker_bps: 5 } },
      seed: 7,
    });
    expect(summary.total_return_pct).toBeCloseTo(result.best?.objective_value ?? Number.NaN, 9);
  });

  it('of the kind walk_forward chooses on each training window for the test after it', async () => {
    const result = await resultOf({
      kind: 'walk_forward',
      walk_forward: { train: 100, test: 50, trials_per_fold: 4, history_bars: 0 },
    });
    const folds = result.walk_forward?.folds ?? [];
    expect(folds.map(({ train, test }) => [train.from_bar, train.to_bar, test.from_bar, test.to_bar])).toEqual([
      [0, 100, 100, 150],
      [50, 150, 150, 200],
      [100, 200, 200, 250],
      [150, 250, 250, 300],
    ]);
    expect(result.trials.completed).toBe(16);
  });

  it('of the kind monte_carlo says what luck could have done', async () => {
    const result = await resultOf({
      kind: 'monte_carlo',
      search_space: {},
      monte_carlo: { methods: ['trade_bootstrap', 'return_bootstrap', 'candle_noise'], paths: 100, candle_paths: 6 },
    });
    expect(result.monte_carlo).toMatchObject([
      { method: 'trade_bootstrap', paths: 100 },
      { method: 'return_bootstrap', paths: 100 },
      { method: 'candle_noise', paths: 6, failed_paths: 0 },
    ]);
    expect(result.trials.completed).toBe(6);
  });

  it('of bias finds nothing in an honest strategy', async () => {
    const { symbol, timeframe, strategy } = STUDY;
    const id = await requested('/bias-checks', { symbol, timeframe, strategy, start_up_bars: [20, 40] });
    expect((await waitFor(id)).event.error).toBeNull();
    const { body } = await call('GET', `/bias-checks/${id}`);
    expect(body).toMatchObject({ status: 'completed', result: { looks_ahead: false, look_ahead: [] } });
    expect(body.result.decisions).toBeGreaterThan(5);
  });

  it.each([
    ['condor', 1],
    ['put-lite', 1],
  ])('of %s, which trades options, finds the trades that a backtest has', async (name) => {
    const id = await requested('/backtests', { symbol: 'ACME', timeframe: '1d', strategy: { name } });
    const study = await requested('/optimisations', {
      symbol: 'ACME',
      timeframe: '1d',
      strategy: { name },
      kind: 'monte_carlo',
      objective: 'trades',
      monte_carlo: { methods: ['candle_noise'], candle_paths: 1 },
    });
    expect([(await waitFor(id)).event.error, (await waitFor(study)).event.error]).toEqual([null, null]);
    const { body } = await call('GET', `/backtests/${id}`);
    const { body: results } = await call('GET', `/optimisations/${study}/results`);
    expect(body.result.summary.trades).toBeGreaterThan(0);
    expect(results.result.monte_carlo[0].objective.original).toBe(body.result.summary.trades);
  });

  it('of a strategy that needs two instruments says so', async () => {
    const id = await requested('/optimisations', {
      ...STUDY,
      kind: 'grid',
      strategy: { name: 'pairs' },
      search_space: { window: { values: [20, 30] } },
    });
    expect((await waitFor(id)).event.error).toMatchObject({
      code: 'invalid_request',
      message: 'pairs needs 2 instruments, and was given 1',
    });
  });

  it('that was written past the function, of a space that is none, is refused at once and says why', async () => {
    for (const [row, message] of [
      [{ search_space: { fast: { wings: 2 } } }, 'search_space'],
      [{ spec: { strategy: { name: 'sma-cross' }, settings: 5 } }, 'settings'],
      // A time to Postgres, and none to anybody else.
      [{ spec: { strategy: { name: 'sma-cross' }, from: 'epoch' } }, 'from'],
      [{ spec: { strategy: 'sma-cross' } }, 'strategy'],
    ] as const) {
      const { data, error } = await user.client.rpc('create_study', {
        p_name: 'Weird',
        p_kind: 'grid',
        p_symbol: 'ACME',
        p_timeframe: '1d',
        p_objective: 'sharpe',
        p_spec: 'spec' in row ? row.spec : { strategy: { name: 'sma-cross' } },
        p_search_space: 'search_space' in row ? row.search_space : { fast: { values: [2, 3] } },
      });
      if (error) throw error;
      expect((await waitFor(data.id)).event.error).toMatchObject({
        code: 'invalid_request',
        message: expect.stringContaining(message),
      });
      const { data: study } = await user.client.from('studies').select('attempt').eq('id', data.id).single();
      expect(study?.attempt).toBe(1);
    }
  });
});

/** Candles as the Data API has them. */
async function candlesOf(symbol: string, timeframe: Timeframe): Promise<Candles> {
  const { data: instrument } = await user.client.from('instruments').select('id').eq('symbol', symbol).single();
  const { data, error } = await user.client
    .from('candles')
    .select('ts, open, high, low, close, volume')
    .eq('instrument_id', instrument?.id ?? 0)
    .eq('timeframe', timeframe)
    .order('ts')
    .limit(1000);
  if (error) throw error;
  const column = (name: 'open' | 'high' | 'low' | 'close' | 'volume') =>
    Float64Array.from(data, (candle) => Number(candle[name]));
  return {
    ts: Float64Array.from(data, ({ ts }) => Date.parse(ts)),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
  };
}

async function marketOf(symbol: string, finer: Timeframe | null = null) {
  return {
    symbol,
    timeframe: '1d' as const,
    candles: await candlesOf(symbol, '1d'),
    rules: InstrumentRules.parse({ min_notional: 60 }),
    ...(finer && { finer: { timeframe: finer, candles: await candlesOf(symbol, finer) } }),
  };
}

describe('A backtest of everything', () => {
  const RULES = {
    name: 'both-ways',
    parameters: { length: { default: 5, min: 2, max: 50 }, units: { default: 20, min: 1, max: 1000 } },
    indicators: { average: 'sma(close, length)' },
    long: { entry: 'crosses_above(close, average)', exit: 'crosses_below(close, average)' },
    short: { entry: 'crosses_below(close, average)', exit: 'crosses_above(close, average)' },
    sizing: { method: 'fixed_quantity', quantity: 'units' },
    stop_loss: { percent: 1 },
    take_profit: { risk_multiple: 4 },
    max_positions: 2,
  };
  const SETTINGS = {
    fees: { type: 'per_share', amount: 0.01, minimum: 1 },
    slippage: { type: 'volume_share', impact: 0.2 },
    fills: { intrabar: 'optimistic', max_volume_share: 0.1 },
    margin: { leverage: 2, borrow_rate_pct: 3 },
    instrument: { min_notional: 60 },
  } as const;
  const PARAMS = { length: 7, units: 120 };
  let strategyId: string;

  beforeAll(async () => {
    const made = await call('POST', '/strategies', { name: 'Both ways', spec: RULES });
    strategyId = made.body.id;
    const spec = { ...RULES, long: { entry: 'close > open' }, short: undefined };
    await call('PUT', `/strategies/${strategyId}`, { spec });
  });

  const request = () =>
    requested('/backtests', {
      symbols: ['BOLT', 'ACME'],
      timeframe: '1d',
      finer_timeframe: '12h',
      strategy_id: strategyId,
      version: 1,
      params: PARAMS,
      from: '2024-01-11T00:00:00Z',
      settings: SETTINGS,
      initial_cash: 9000,
      seed: 42,
    });

  /** What the engine says of the same request, given the candles directly. */
  async function runDirectly() {
    const instruments = [await marketOf('BOLT', '12h'), await marketOf('ACME', '12h')].map((series) => ({
      ...series,
      candles: from(series.candles, 10),
      ...(series.finer && { finer: { ...series.finer, candles: from(series.finer.candles, 20) } }),
    }));
    const strategy = StrategySpec.parse({ ...RULES, params: PARAMS });
    const input = { data: { instruments }, strategy, initial_cash: 9000, settings: SETTINGS, seed: 42 };
    const result = runBacktest({ ...input, path: 'event' });
    const options = { initial_cash: 9000, settings: result.settings, seed: 42 };
    return { result, receipt: makeReceipt({ data: input.data, spec: strategy, options, result }) };
  }

  it('stores what the engine says of the same candles, and the same again when it is run again', async () => {
    const ids = [await request(), await request()];
    for (const id of ids) expect((await waitFor(id)).event.error).toBeNull();
    const { result, receipt } = await runDirectly();
    const reports = await Promise.all(ids.map(async (id) => (await call('GET', `/backtests/${id}/report`)).body));
    expect(reports[0].receipt).toEqual(receipt);
    expect(reports[1]).toEqual({ ...reports[0], created_at: reports[1].created_at });
    expect(reports[0]).toMatchObject({
      summary: result.summary,
      ambiguity: result.ambiguity,
      data_quality: result.data_quality,
      stored_trades: result.trades.length,
      stored_orders: result.orders?.length,
    });
    const { body: backtest } = await call('GET', `/backtests/${ids[0]}`);
    expect(backtest).toMatchObject({
      symbol: 'BOLT',
      further_symbols: ['ACME'],
      seed: 42,
      engine_version: ENGINE_VERSION,
      data_versions: { 'BOLT 1d': 1, 'BOLT 12h': 1, 'ACME 1d': 1, 'ACME 12h': 1 },
    });
    expect(Object.keys(backtest.data_versions)).toHaveLength(4);
  });

  it('stores every trade and every order, rejected ones with the reason', async () => {
    const id = await request();
    await waitFor(id);
    const { result } = await runDirectly();
    const { body: trades } = await call('GET', `/backtests/${id}/trades?limit=200`);
    const expected = Array.from({ length: Math.min(result.trades.length, 200) }, (_, index) => result.trades.at(index));
    expect(trades.items).toMatchObject(
      expected.map(
        ({ seq, instrument, side, entry_bar, exit_bar, entry_price, quantity, fee, carry, pnl, exit_reason }) => ({
          seq,
          symbol: ['BOLT', 'ACME'][instrument],
          ...{ side, entry_bar, exit_bar, entry_price, quantity, fee, carry, pnl, exit_reason },
        }),
      ),
    );
    const sides = new Set(expected.map(({ side }) => side));
    const reasons = new Set(expected.map(({ exit_reason }) => exit_reason));
    expect([sides, reasons]).toEqual([new Set(['long', 'short']), new Set(['stop_loss', 'take_profit'])]);
    const { body: orders } = await call('GET', `/backtests/${id}/orders?limit=200`);
    const placed = (result.orders ?? []).slice(0, 200);
    expect(orders.items).toMatchObject(
      placed.map(({ instrument, side, type, quantity, status, filled_quantity, reject_reason }) => ({
        symbol: ['BOLT', 'ACME'][instrument],
        side,
        order_type: type,
        quantity,
        outcome: status,
        filled_quantity,
        reject_reason: status === 'rejected' ? reject_reason : null,
      })),
    );
    expect(placed.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
  });
});

/** Candles from a bar on. */
function from(candles: Candles, bar: number): Candles {
  const { ts, open, high, low, close, volume } = candles;
  return {
    ts: ts.slice(bar),
    open: open.slice(bar),
    high: high.slice(bar),
    low: low.slice(bar),
    close: close.slice(bar),
    volume: volume.slice(bar),
  };
}
