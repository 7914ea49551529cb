import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TradebaseClient } from '../src/index.ts';
import { asPostgres } from './support/as-role.ts';
import { liftLimits } from './support/lift-limits.ts';
import { anonymous, asService, type Persona, signUp } from './support/personas.ts';
import { seedMarket } from './support/seed-market.ts';

/** Who can do what to whose rows, through PostgREST with supabase-js. */
let stack: TestStack;
let owner: Persona;
let other: Persona;
let nobody: TradebaseClient;
let backtestId: string;

const STRATEGY = { name: 'sma-cross', params: { fast: 2, slow: 5 } };

beforeAll(async () => {
  stack = await startStack();
  await Promise.all([seedMarket(stack), liftLimits(stack)]);
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
  nobody = anonymous(stack);
  backtestId = await requestBacktest(owner);
  await asPostgres(stack, async (client) => {
    const ids = [backtestId, owner.id];
    await client.query(
      `insert into public.backtest_results (backtest_id, user_id, summary, equity_at, equity, stored_trades)
       values ($1, $2, '{}', '{}', '{}', 1)`,
      ids,
    );
    await client.query(
      `insert into public.backtest_trades values ($1, 1, $2, 'long', 1, 2, now(), now(), 1, 1, 1, 0, 0, 0)`,
      ids,
    );
  });
});

afterAll(() => stack?.stop());

async function requestBacktest({ client }: Persona): Promise<string> {
  const { data, error } = await client.rpc('create_backtest', {
    p_symbol: 'ACME',
    p_timeframe: '1d',
    p_strategy: STRATEGY,
  });
  if (error) throw error;
  return data.id;
}

const OWNED = ['backtests', 'backtest_results', 'backtest_trades', 'events'] as const;
const MARKET = ['instruments', 'candle_coverage', 'candles'] as const;

describe.each(OWNED)('Rows of %s', (table) => {
  it('can be read by their owner', async () => {
    const { data, error } = await owner.client.from(table).select('user_id');
    expect(error).toBeNull();
    expect(data?.length).toBeGreaterThan(0);
    expect(data?.every(({ user_id }) => user_id === owner.id)).toBe(true);
  });

  it('cannot be seen by another user', async () => {
    const { data, error } = await other.client.from(table).select('user_id').eq('user_id', owner.id);
    expect(error).toBeNull();
    expect(data).toEqual([]);
  });

  it('cannot be read without a session', async () => {
    const { data, error } = await nobody.from(table).select('user_id');
    expect(data).toBeNull();
    expect(error?.code).toBe('42501');
  });

  it('cannot be deleted by another user or without a session', async () => {
    const byOther = await other.client.from(table).delete().eq('user_id', owner.id).select();
    expect(byOther.data ?? []).toEqual([]);
    const byNobody = await nobody.from(table).delete().eq('user_id', owner.id);
    expect(byNobody.error?.code).toBe('42501');
  });
});

describe.each(['backtest_results', 'backtest_trades', 'events'] as const)('Rows of %s', (table) => {
  it('cannot be deleted by their owner', async () => {
    const { error } = await owner.client.from(table).delete().eq('user_id', owner.id);
    expect(error?.code).toBe('42501');
  });
});

describe.each(MARKET)('The market table %s', (table) => {
  it('can be read by every signed-in user', async () => {
    const { data, error } = await other.client.from(table).select().limit(1);
    expect(error).toBeNull();
    expect(data).toHaveLength(1);
  });

  it('cannot be read without a session', async () => {
    const { error } = await nobody.from(table).select().limit(1);
    expect(error?.code).toBe('42501');
  });

  it('cannot be changed by users', async () => {
    const anyRow = table === 'instruments' ? 'id' : 'instrument_id';
    const deleted = await owner.client.from(table).delete().gt(anyRow, 0);
    expect(deleted.error?.code).toBe('42501');
    const emptied = await owner.client.from(table).insert([]);
    expect(emptied.error?.code).toBe('42501');
  });
});

describe('A backtest', () => {
  it('is requested for oneself and for nobody else', async () => {
    const { error } = await owner.client
      .from('backtests')
      // The column is not in the grant, so it cannot be forged; the types leave that to the database.
      .insert({ instrument_id: 1, symbol: 'ACME', timeframe: '1d', strategy: STRATEGY, user_id: other.id });
    expect(error?.code).toBe('42501');
  });

  it('cannot be given a result, a status or progress by its owner', async () => {
    for (const change of [{ progress: 1 }, { attempt: 9 }, { started_at: '2024-01-01Z' }, { user_id: other.id }]) {
      const { error } = await owner.client.from('backtests').update(change).eq('id', backtestId);
      expect(error?.code).toBe('42501');
    }
    const { error } = await owner.client.from('backtests').update({ status: 'completed' }).eq('id', backtestId);
    expect(error).not.toBeNull();
    const forged = await owner.client
      .from('backtest_results')
      .insert({ backtest_id: backtestId, user_id: owner.id, summary: {}, equity: [], equity_at: [], stored_trades: 0 });
    expect(forged.error?.code).toBe('42501');
    const { data } = await owner.client.from('backtests').select('status, progress').eq('id', backtestId).single();
    expect(data).toEqual({ status: 'queued', progress: 0 });
  });

  it('cannot be cancelled by another user or without a session', async () => {
    const byOther = await other.client.rpc('cancel_backtest', { p_backtest_id: backtestId });
    expect(byOther.error).toMatchObject({ code: 'backtest_not_found' });
    expect(byOther.status).toBe(404);
    const byNobody = await nobody.rpc('cancel_backtest', { p_backtest_id: backtestId });
    expect(byNobody.error?.code).toBe('42501');
    const changed = await other.client.from('backtests').update({ status: 'cancelled' }).eq('id', backtestId).select();
    expect(changed.data).toEqual([]);
    const { data } = await owner.client.from('backtests').select('status').eq('id', backtestId).single();
    expect(data?.status).toBe('queued');
  });

  it('is cancelled by its owner once, and its job leaves the queue', async () => {
    const id = await requestBacktest(owner);
    const first = await owner.client.rpc('cancel_backtest', { p_backtest_id: id });
    expect(first.data).toMatchObject({ id, status: 'cancelled' });
    const again = await owner.client.rpc('cancel_backtest', { p_backtest_id: id });
    expect(again.data?.updated_at).toBe(first.data?.updated_at);
    const states = await asPostgres(stack, (client) =>
      client.query('select state from pgboss.job where id = $1', [id]),
    );
    expect(states.rows).toEqual([{ state: 'cancelled' }]);
  });

  it.each([
    ['an unknown symbol', { p_symbol: 'NOPE' }, 'unknown_symbol', 422],
    ['a timeframe without candles', { p_timeframe: '5m' }, 'empty_range', 422],
    ['a range without candles', { p_range_start: '2030-01-01' }, 'empty_range', 422],
    [
      'a range that ends before it begins',
      { p_range_start: '2024-02-01', p_range_end: '2024-01-05' },
      'empty_range',
      422,
    ],
    ['a range without an end in time', { p_range_end: 'infinity' }, '23514', 400],
    ['a negative fee', { p_fee_bps: -1 }, '23514', 400],
    ['cash of more places than money has', { p_initial_cash: 0.123456789012 }, '23514', 400],
    ['a strategy without a name', { p_strategy: { params: {} } }, '23514', 400],
    ['no cash', { p_initial_cash: 0 }, '23514', 400],
    ['a strategy that is no object', { p_strategy: 'sma-cross' }, '23514', 400],
  ])('is refused with %s, and nothing is left behind', async (_what, change, code, status) => {
    const before = await countEverything();
    const answer = await owner.client.rpc('create_backtest', {
      p_symbol: 'ACME',
      p_timeframe: '1d',
      p_strategy: STRATEGY,
      ...change,
    });
    expect(answer.error?.code).toBe(code);
    expect(answer.status).toBe(status);
    expect(await countEverything()).toEqual(before);
  });

  it('is refused when its owner has 50 others queued or running, in one request or in many', async () => {
    const busy = await signUp(stack, 'busy');
    await asPostgres(stack, (client) =>
      client.query(`update public.system_config set value = '50' where key = 'quota.open_backtests'`),
    );
    const { data: instrument } = await busy.client.from('instruments').select('id').eq('symbol', 'ACME').single();
    // The symbol is filled in by the database; the types cannot know.
    const rows = (count: number) =>
      Array.from({ length: count }, () => ({
        instrument_id: instrument?.id ?? 0,
        timeframe: '1d',
        strategy: STRATEGY,
      }));
    const insert = (count: number) => busy.client.from('backtests').insert(rows(count) as never);
    expect((await insert(51)).error?.code).toBe('rate_limited');
    expect((await insert(50)).error).toBeNull();
    const oneMore = await busy.client.rpc('create_backtest', {
      p_symbol: 'ACME',
      p_timeframe: '1d',
      p_strategy: STRATEGY,
    });
    expect([oneMore.error?.code, oneMore.status]).toEqual(['rate_limited', 429]);
    const { data } = await busy.client
      .from('backtests')
      .update({ status: 'cancelled' })
      .eq('status', 'queued')
      .select('id');
    expect(data).toHaveLength(50);
    await requestBacktest(busy);
  });

  it('waits behind those of users who have fewer waiting', async () => {
    const [many, few] = await Promise.all([signUp(stack, 'many'), signUp(stack, 'few')]);
    const ids = [await requestBacktest(many), await requestBacktest(many), await requestBacktest(few)];
    const { rows } = await asPostgres(stack, (client) =>
      client.query('select id from pgboss.job where id = any ($1) order by priority desc, created_on', [ids]),
    );
    expect(rows.map(({ id }) => ids.indexOf(id))).toEqual([0, 2, 1]);
  });

  it('is queued with its job and its event, or not at all', async () => {
    const before = await countEverything();
    await requestBacktest(owner);
    expect(await countEverything()).toEqual({
      backtests: before.backtests + 1,
      jobs: before.jobs + 1,
      events: before.events + 1,
    });
  });
});

async function countEverything(): Promise<{ backtests: number; jobs: number; events: number }> {
  return asPostgres(stack, async (client) => {
    const { rows } = await client.query(
      `select (select count(*)::int from public.backtests) as backtests, (select count(*)::int from pgboss.job) as jobs,
         (select count(*)::int from public.events) as events`,
    );
    return rows[0];
  });
}

describe('A request that names no rows', () => {
  it('is refused, as safeupdate does on hosted', async () => {
    const response = await fetch(`${stack.apiUrl}/rest/v1/backtests`, {
      method: 'PATCH',
      headers: { apikey: stack.keys.secretKey, 'content-type': 'application/json' },
      body: '{"status":"cancelled"}',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: '21000' });
  });
});

describe('Deleting a user', () => {
  it('deletes all that was theirs', async () => {
    const leaving = await signUp(stack, 'leaving');
    await requestBacktest(leaving);
    const { error } = await asService(stack).auth.admin.deleteUser(leaving.id);
    expect(error).toBeNull();
    const { rows } = await asPostgres(stack, (client) =>
      client.query(
        `select (select count(*)::int from public.backtests where user_id = $1) as backtests,
           (select count(*)::int from public.events where user_id = $1) as events`,
        [leaving.id],
      ),
    );
    expect(rows).toEqual([{ backtests: 0, events: 0 }]);
  });
});
