import { Agent } from 'node:http';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack, type TestStack } from '../src/testing.ts';
import { ask } from './support/functions-project.ts';

/** The api function's backtests, from the gateway to the database. */
let stack: TestStack;
let database: pg.Client;
let alice: User;
let bob: User;

beforeAll(async () => {
  stack = await startStack({ functions: true });
  database = new pg.Client({ connectionString: stack.databaseUrl() });
  await database.connect();
  await insertCandles();
  await database.query(`update public.system_config set value = 'null' where key like 'quota.%'`);
  [alice, bob] = await Promise.all([signUp('alice'), signUp('bob')]);
});

afterAll(async () => {
  await database?.end();
  await stack?.stop();
});

interface User {
  readonly id: string;
  readonly token: string;
}

interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** A user with a session of Auth: without one nothing may be written. */
async function signUp(name: string): Promise<User> {
  const response = await fetch(`${stack.apiUrl}/auth/v1/signup`, {
    method: 'POST',
    headers: { apikey: stack.keys.publishableKey, 'content-type': 'application/json' },
    body: JSON.stringify({ email: `${name}@example.com`, password: `correct horse ${name}` }),
  });
  expect(response.status).toBe(200);
  const { access_token, user } = (await response.json()) as { access_token: string; user: { id: string } };
  return { id: user.id, token: access_token };
}

/** Ten hourly and minute candles of ACME and BOLT from midnight on the first of January 2024. */
async function insertCandles(): Promise<void> {
  await database.query(`
    with instrument as (insert into public.instruments (symbol) values ('ACME'), ('BOLT') returning id),
    series as (select id, timeframe, step from instrument, (values ('1h', interval '1 hour'), ('1m', interval '1 minute')) t (timeframe, step)),
    coverage as (
      insert into public.candle_coverage (instrument_id, timeframe, first_at, last_at, candle_count)
      select id, timeframe, '2024-01-01 00:00Z', timestamptz '2024-01-01 00:00Z' + 9 * step, 10 from series
    )
    insert into public.candles (instrument_id, timeframe, ts, open, high, low, close, volume)
    select id, timeframe, timestamptz '2024-01-01 00:00Z' + n * step, 10, 11, 9, 10, 1
    from series, generate_series(0, 9) n`);
}

async function call(user: User, method: string, path: string, body?: unknown): Promise<Reply> {
  const response = await fetch(`${stack.apiUrl}/functions/v1/api/backtests${path}`, {
    method,
    headers: { apikey: stack.keys.publishableKey, authorization: `Bearer ${user.token}` },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

const acme = { symbol: 'ACME', timeframe: '1h', strategy: { name: 'sma-cross' } };

async function create(user: User): Promise<string> {
  const { status, body } = await call(user, 'POST', '', acme);
  expect(status).toBe(201);
  return String(body.id);
}

describe('POST /backtests', () => {
  test('answers 201 with the queued backtest, its defaults filled in, and enqueues its job', async () => {
    const range = { from: '2024-01-01', to: '2024-01-01T06:00:00+01:00' };
    const { status, body } = await call(alice, 'POST', '', { ...acme, ...range });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      name: null,
      note: null,
      symbol: 'ACME',
      further_symbols: [],
      timeframe: '1h',
      finer_timeframe: null,
      strategy: { name: 'sma-cross', params: {} },
      strategy_version_id: null,
      range_start: '2024-01-01T00:00:00+00:00',
      range_end: '2024-01-01T05:00:00+00:00',
      initial_cash: 10_000,
      fee_bps: 0,
      settings: {},
      seed: 1,
      engine_version: null,
      data_versions: null,
      status: 'queued',
      progress: 0,
      error: null,
      created_at: expect.any(String),
      started_at: null,
      finished_at: null,
    });
    const { rows } = await database.query('select name from pgboss.job where id = $1', [body.id]);
    expect(rows).toEqual([{ name: 'backtest' }]);
  });

  test('refuses a symbol and a range without candles', async () => {
    const unknown = await call(alice, 'POST', '', { ...acme, symbol: 'NONE' });
    expect([unknown.status, unknown.body.code]).toEqual([422, 'unknown_symbol']);
    const empty = await call(alice, 'POST', '', { ...acme, from: '2030-01-01' });
    expect([empty.status, empty.body.code]).toEqual([422, 'empty_range']);
  });

  test('takes a whole request: a portfolio, settings, a seed and shorter bars', async () => {
    const settings = {
      fees: { type: 'per_trade', amount: 1 },
      slippage: { type: 'bps', bps: 5 },
      margin: { leverage: 2 },
    };
    const { status, body } = await call(alice, 'POST', '', {
      symbols: ['ACME', 'BOLT'],
      timeframe: '1h',
      finer_timeframe: '1m',
      strategy: { name: 'crossing', long: { entry: 'sma(close, 2) > sma(close, 3)', exit: 'close < open' } },
      settings,
      seed: 7,
      name: 'Both',
      note: 'Try it',
    });
    expect([status, body]).toMatchObject([
      201,
      {
        symbol: 'ACME',
        further_symbols: ['BOLT'],
        finer_timeframe: '1m',
        strategy: { name: 'crossing' },
        settings,
        seed: 7,
        name: 'Both',
        note: 'Try it',
      },
    ]);
  });

  test('refuses a strategy that cannot run, and says where', async () => {
    const wrong = await call(alice, 'POST', '', {
      ...acme,
      strategy: { name: 'sma-cross', params: { fast: 30, slow: 10 } },
    });
    expect([wrong.status, wrong.body.code]).toEqual([422, 'invalid_request']);
    const rules = { name: 'crossing', long: { entry: 'sma(close, 2) > crystal_ball' } };
    const { status, body } = await call(alice, 'POST', '', { ...acme, strategy: rules });
    expect([status, body]).toMatchObject([
      422,
      { details: [{ path: 'strategy.long.entry', message: expect.stringContaining('crystal_ball') }] },
    ]);
  });

  test('refuses a symbol of a portfolio without candles, or named twice', async () => {
    const portfolio = { ...acme, symbol: undefined };
    const unknown = await call(alice, 'POST', '', { ...portfolio, symbols: ['ACME', 'NONE'] });
    expect([unknown.status, unknown.body.code]).toEqual([422, 'unknown_symbol']);
    const twice = await call(alice, 'POST', '', { ...portfolio, symbols: ['ACME', 'ACME'] });
    expect([twice.status, twice.body.code]).toEqual([422, 'invalid_request']);
    const bare = await call(alice, 'POST', '', { ...portfolio, symbols: ['ACME', 'BOLT'], timeframe: '1d' });
    expect([bare.status, bare.body.code]).toEqual([422, 'empty_range']);
  });

  test('refuses 2 MB with 413', async () => {
    const answer = await ask(Number(new URL(stack.apiUrl).port), '/functions/v1/api/backtests', {
      method: 'POST',
      headers: { authorization: `Bearer ${alice.token}` },
      body: Buffer.alloc(2_000_000, ' '),
      agent: new Agent(),
    });
    expect(answer).toMatchObject({ status: 413 });
    expect(answer.json()).toMatchObject({ code: 'payload_too_large' });
  });
});

describe('GET /backtests', () => {
  test('lists own backtests newest first, page by page, even those of one instant', async () => {
    const carol = await signUp('carol');
    await database.query(
      `insert into public.backtests (user_id, instrument_id, timeframe, strategy)
       select $1, id, '1h', '{"name": "sma-cross"}' from public.instruments, generate_series(1, 5) where symbol = 'ACME'`,
      [carol.id],
    );
    const newest = await create(carol);
    const seen: string[] = [];
    for (let cursor: unknown = ''; cursor !== null; ) {
      const { status, body } = await call(carol, 'GET', `?limit=2${cursor ? `&cursor=${cursor}` : ''}`);
      expect(status, JSON.stringify(body)).toBe(200);
      seen.push(...(body.items as { id: string }[]).map(({ id }) => id));
      cursor = body.next_cursor;
    }
    const { rows } = await database.query(
      'select id from public.backtests where user_id = $1 order by created_at desc, id desc',
      [carol.id],
    );
    expect(seen).toEqual(rows.map(({ id }) => id));
    expect(seen).toHaveLength(6);
    expect(seen[0]).toBe(newest);
  });

  test('filters by status', async () => {
    const id = await create(bob);
    await call(bob, 'POST', `/${id}/cancel`);
    await create(bob);
    const { body } = await call(bob, 'GET', '?status=cancelled');
    expect(body.items).toMatchObject([{ id, status: 'cancelled' }]);
    expect(body.next_cursor).toBeNull();
  });
});

describe('GET /backtests/:id', () => {
  test('has no result until there is one', async () => {
    const id = await create(alice);
    expect(await call(alice, 'GET', `/${id}`)).toMatchObject({ status: 200, body: { id, result: null } });
    await database.query(
      `insert into public.backtest_results (backtest_id, user_id, summary, equity_at, equity, stored_trades)
       values ($1, $2, '{"trades": 3}', '{}', '{}', 3)`,
      [id, alice.id],
    );
    expect((await call(alice, 'GET', `/${id}`)).body.result).toEqual({ summary: { trades: 3 } });
  });

  test("does not find another user's backtest", async () => {
    const id = await create(alice);
    const { status, body } = await call(bob, 'GET', `/${id}`);
    expect([status, body.code]).toEqual([404, 'backtest_not_found']);
  });
});

describe('What a backtest found', () => {
  test('is read as a report, and as pages of trades and of orders', async () => {
    const id = await create(alice);
    const early = await call(alice, 'GET', `/${id}/report`);
    expect([early.status, early.body.code]).toEqual([404, 'backtest_not_found']);
    await database.query(
      `insert into public.backtest_results (backtest_id, user_id, summary, equity_at, equity, stored_trades, stored_orders, metric_version, report)
       values ($1, $2, '{"trades": 3}', '{}', '{}', 3, 3, 2, '{"months": []}')`,
      [id, alice.id],
    );
    await database.query(
      `insert into public.backtest_trades (backtest_id, user_id, seq, symbol, side, entry_bar, exit_bar, entry_at, exit_at, entry_price,
         exit_price, quantity, fee, pnl, return_pct, exit_reason)
       select $1, $2, n, 'ACME', 'short', n, n, now(), now(), 10, 9.5, 1, 0, 0.5, 5, 'stop_loss' from generate_series(1, 3) n`,
      [id, alice.id],
    );
    await database.query(
      `insert into public.backtest_orders (backtest_id, user_id, seq, instrument_id, symbol, side, order_type, quantity, placed_bar, placed_at,
         outcome, reject_reason, filled_quantity)
       select $1, $2, n, 1, 'ACME', 'buy', 'limit', 1, n, now(), 'rejected', 'not enough cash', 0 from generate_series(1, 3) n`,
      [id, alice.id],
    );
    expect(await call(alice, 'GET', `/${id}/report`)).toMatchObject({
      status: 200,
      body: { summary: { trades: 3 }, metric_version: 2, report: { months: [] }, receipt: null, stored_orders: 3 },
    });
    for (const rows of ['trades', 'orders']) {
      const first = await call(alice, 'GET', `/${id}/${rows}?limit=2`);
      expect([first.status, first.body]).toMatchObject([200, { items: [{ seq: 1 }, { seq: 2 }], next_cursor: 2 }]);
      const last = await call(alice, 'GET', `/${id}/${rows}?limit=2&cursor=2`);
      expect(last.body).toMatchObject({ items: [{ seq: 3, symbol: 'ACME' }], next_cursor: null });
    }
    for (const rows of ['report', 'trades', 'orders']) {
      const stranger = await call(bob, 'GET', `/${id}/${rows}`);
      expect([stranger.status, stranger.body.code]).toEqual([404, 'backtest_not_found']);
    }
  });
});

describe('DELETE /backtests/:id', () => {
  test('deletes one that has ended, and no other', async () => {
    const id = await create(alice);
    const open = await call(alice, 'DELETE', `/${id}`);
    expect([open.status, open.body.code]).toEqual([409, 'invalid_transition']);
    await call(alice, 'POST', `/${id}/cancel`);
    expect((await call(bob, 'DELETE', `/${id}`)).status).toBe(404);
    expect((await call(alice, 'DELETE', `/${id}`)).status).toBe(204);
    expect((await call(alice, 'GET', `/${id}`)).status).toBe(404);
  });
});

describe('POST /backtests/:id/cancel', () => {
  test('cancels, and changes nothing the second time', async () => {
    const id = await create(alice);
    expect(await call(alice, 'POST', `/${id}/cancel`)).toMatchObject({
      status: 200,
      body: { id, status: 'cancelled' },
    });
    expect((await call(alice, 'POST', `/${id}/cancel`)).status).toBe(200);
  });

  test("refuses a finished backtest, and does not find another user's", async () => {
    const id = await create(alice);
    const stranger = await call(bob, 'POST', `/${id}/cancel`);
    expect([stranger.status, stranger.body.code]).toEqual([404, 'backtest_not_found']);
    for (const status of ['running', 'completed']) {
      await database.query('update public.backtests set status = $2 where id = $1', [id, status]);
    }
    const late = await call(alice, 'POST', `/${id}/cancel`);
    expect([late.status, late.body.code]).toEqual([409, 'backtest_not_cancellable']);
  });
});
