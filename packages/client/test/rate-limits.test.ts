import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TradebaseClient } from '../src/index.ts';
import { asPostgres } from './support/as-role.ts';
import { liftLimits } from './support/lift-limits.ts';
import { anonymous, asService, type Persona, signUp, withToken } from './support/personas.ts';
import { mintRunnerToken } from './support/runner-token.ts';
import { seedMarket } from './support/seed-market.ts';

/** How much one caller may ask for, through PostgREST and through the function api. */
let stack: TestStack;

beforeAll(async () => {
  stack = await startStack({ functions: true });
  await seedMarket(stack);
});

afterAll(() => stack?.stop());

afterEach(async () => {
  // What a test has set goes back to what the migrations say.
  for (const [key, value] of Object.entries(DEFAULTS)) await setting(key, value);
});

const DEFAULTS = {
  'quota.calls_per_minute': 100,
  'quota.backtests_per_hour': 10,
  'quota.open_backtests': 50,
  'limits.runner_calls_per_minute': 600,
};

function sql(statement: string, values: unknown[] = []) {
  return asPostgres(stack, (client) => client.query(statement, values));
}

function setting(key: string, value: number | null) {
  return sql('update public.system_config set value = $2 where key = $1', [key, JSON.stringify(value)]);
}

/** As if that much time had passed since the user last took from the bucket. */
function letPass(userId: string, bucket: string, seconds: number) {
  return sql(
    `update private.rate_buckets set updated_at = updated_at - $3 * interval '1 second', full_at = full_at - $3 * interval '1 second'
     where subject = 'user:' || $1 and bucket = $2`,
    [userId, bucket, seconds],
  );
}

/** That a wait is the one of a bucket that was emptied since then: shorter by no more than the time that has passed. */
function expectAbout(seconds: number, whole_s: number, startedAt: number): void {
  expect(seconds).toBeLessThanOrEqual(whole_s);
  expect(seconds).toBeGreaterThanOrEqual(whole_s - Math.ceil((performance.now() - startedAt) / 1000));
}

async function tokenOf({ client }: Persona): Promise<string> {
  return String((await client.auth.getSession()).data.session?.access_token);
}

/** A write that finds no row to change: it counts like any other. */
function write(client: TradebaseClient) {
  return client.from('backtests').update({ status: 'cancelled' }).eq('id', crypto.randomUUID());
}

async function rawWrite(token: string): Promise<Response> {
  return fetch(`${stack.apiUrl}/rest/v1/backtests?id=eq.${crypto.randomUUID()}`, {
    method: 'PATCH',
    headers: {
      apikey: stack.keys.publishableKey,
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    },
    body: '{"status":"cancelled"}',
  });
}

async function writes(client: TradebaseClient, count: number): Promise<number> {
  let passed = 0;
  for (let i = 0; i < count; i += 1) {
    const { error } = await write(client);
    if (!error) passed += 1;
    else expect(error.code).toBe('rate_limited');
  }
  return passed;
}

describe('A bucket', () => {
  const take = (client: pg.Client | pg.Pool, capacity: number, refill: number, cost = 1, subject = 'someone') =>
    client
      .query<{ s: string }>('select private.take_tokens($1, $2, $3, $4, $5) as s', [
        subject,
        'tests',
        capacity,
        refill,
        cost,
      ])
      .then(({ rows }) => Number(rows[0]?.s));

  it('gives exactly what it holds to 200 who ask at a time', async () => {
    const pool = new pg.Pool({ connectionString: stack.databaseUrl(), max: 20 });
    const answers = await Promise.all(Array.from({ length: 200 }, () => take(pool, 50, 0, 1, 'crowd')));
    await pool.end();
    expect(answers.filter((seconds) => seconds === 0)).toHaveLength(50);
    expect(new Set(answers.filter((seconds) => seconds !== 0))).toEqual(new Set([Number.POSITIVE_INFINITY]));
  });

  it('says in how many seconds it would hold enough, fills in time and not above its rim', async () => {
    await asPostgres(stack, async (client) => {
      const age = (seconds: number) =>
        client.query(
          `update private.rate_buckets set updated_at = updated_at - $1 * interval '1 second' where subject = 'someone'`,
          [seconds],
        );
      // So slow that the time a test takes does not count.
      const perS = 1e-5;
      expect(await take(client, 10, perS, 9)).toBe(0);
      expect(await take(client, 10, perS, 4)).toBeCloseTo(300_000, -3);
      await age(300_000);
      expect(await take(client, 10, perS, 4)).toBe(0);
      await age(1e9);
      expect(await take(client, 10, perS, 10)).toBe(0);
      expect(await take(client, 10, perS)).toBeCloseTo(100_000, -3);
    });
  });

  it('never gives more than it can hold, and says that waiting does not help', async () => {
    await asPostgres(stack, async (client) => {
      expect(await take(client, 10, 1, 11, 'greedy')).toBe(Number.POSITIVE_INFINITY);
      expect(await take(client, 0, 1, 1, 'greedy')).toBe(Number.POSITIVE_INFINITY);
      expect(await take(client, 10, 1, 10, 'greedy')).toBe(0);
    });
  });

  it('that loses capacity gives no more than that', async () => {
    await asPostgres(stack, async (client) => {
      expect(await take(client, 100, 0.001, 1, 'reduced')).toBe(0);
      expect(await take(client, 5, 0.001, 5, 'reduced')).toBe(0);
      expect(await take(client, 5, 0.001, 1, 'reduced')).toBeGreaterThan(0);
    });
  });

  it('is pruned once it is full again, and not before', async () => {
    await asPostgres(stack, async (client) => {
      await take(client, 10, 0.01, 1, 'old');
      await take(client, 10, 0.01, 1, 'new');
      await client.query(
        `update private.rate_buckets set full_at = full_at - interval '100 seconds' where subject = 'old'`,
      );
      await client.query('select private.prune_rate_buckets()');
      const { rows } = await client.query(`select subject from private.rate_buckets where subject in ('old', 'new')`);
      expect(rows).toEqual([{ subject: 'new' }]);
    });
  });

  it('is out of reach of every client', async () => {
    const user = await signUp(stack, 'curious');
    for (const client of [user.client, asService(stack), anonymous(stack)]) {
      expect((await client.from('rate_buckets' as never).select()).error).not.toBeNull();
      expect((await client.rpc('take_tokens' as never)).error).not.toBeNull();
    }
  });
});

describe('Writes through PostgREST', () => {
  it('pass to the last one of the quota when 200 come at a time, and leave other users alone', async () => {
    await setting('quota.calls_per_minute', 40);
    const [busy, calm] = await Promise.all([signUp(stack, 'busy'), signUp(stack, 'calm')]);
    const token = await tokenOf(busy);
    const startedAt = performance.now();
    const answers = await Promise.all(Array.from({ length: 200 }, () => rawWrite(token)));
    const filled = ((performance.now() - startedAt) / 1000) * (40 / 60);
    const passed = answers.filter(({ status }) => status === 204).length;
    expect(passed).toBeGreaterThanOrEqual(40);
    expect(passed).toBeLessThanOrEqual(40 + Math.floor(filled));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(200 - passed);
    expect(refused.map(({ headers }) => headers.get('retry-after'))).toEqual(
      refused.map(() => expect.stringMatching(/^[12]$/)),
    );
    expect(await writes(calm.client, 3)).toBe(3);
  });

  it('of one user that take long leave connections to the others', async () => {
    const [busy, calm] = await Promise.all([signUp(stack, 'greedy'), signUp(stack, 'patient')]);
    const token = await tokenOf(busy);
    const isolated = await asPostgres(stack, async (holder) => {
      // Whoever holds the bucket, as a long write does, keeps the other writes of this user waiting.
      await rawWrite(token);
      await holder.query('begin');
      await holder.query('select from private.rate_buckets where subject = $1 for update', [`user:${busy.id}`]);
      const statuses: number[] = [];
      const flood = Array.from({ length: 30 }, async () => statuses.push((await rawWrite(token)).status));
      await expect.poll(() => statuses.length).toBe(24);
      const { error } = await calm.client.from('backtests').select('id');
      await holder.query('rollback');
      await Promise.all(flood);
      return { error, refused: statuses.slice(0, 24), passed: statuses.slice(24) };
    });
    expect(isolated).toEqual({ error: null, refused: Array(24).fill(429), passed: Array(6).fill(204) });
  });

  it('that take long leave connections to the others where the calls of their user have no limit, too', async () => {
    await setting('quota.calls_per_minute', null);
    const busy = await signUp(stack, 'unlimited');
    const statuses: number[] = [];
    await asPostgres(stack, async (holder) => {
      await holder.query('begin');
      await holder.query(`select pg_advisory_xact_lock(hashtextextended('API keys of ' || $1, 0))`, [busy.id]);
      const flood = Array.from({ length: 10 }, async (_, i) => {
        const made = await busy.client.rpc('create_api_key', { p_name: `key ${i}`, p_permissions: ['runner:connect'] });
        statuses.push(made.status);
      });
      await expect.poll(() => statuses.length).toBe(4);
      await holder.query('rollback');
      await Promise.all(flood);
    });
    expect(statuses).toEqual([...Array(4).fill(429), ...Array(6).fill(200)]);
  });

  it('of the secret key are not limited', async () => {
    await setting('quota.calls_per_minute', 1);
    const { client } = await signUp(stack, 'holder');
    const { data } = await client.rpc('create_api_key', { p_name: 'key', p_permissions: ['runner:connect'] });
    for (let i = 0; i < 5; i += 1) {
      const used = { p_key: String(data?.key), p_ip: '198.51.100.7' };
      expect((await asService(stack).rpc('authenticate_api_key', used)).error).toBeNull();
    }
  });

  it('are refused with the time to wait, in the header and in the details, and pass when it is over', async () => {
    await setting('quota.calls_per_minute', 2);
    const user = await signUp(stack, 'waiting');
    const startedAt = performance.now();
    expect(await writes(user.client, 3)).toBe(2);
    const refused = await rawWrite(await tokenOf(user));
    expect(refused.status).toBe(429);
    const seconds = Number(refused.headers.get('retry-after'));
    expectAbout(seconds, 30, startedAt);
    expect(refused.headers.get('access-control-expose-headers')).toContain('retry-after');
    expect(await refused.json()).toMatchObject({
      code: 'rate_limited',
      message: `you may make 2 calls a minute: try again in ${seconds} s`,
      details: `retry after ${seconds} s`,
    });
    await letPass(user.id, 'calls', seconds);
    expect(await writes(user.client, 2)).toBe(1);
  });

  it('are counted by plan', async () => {
    await setting('quota.calls_per_minute', 2);
    const [free, pro] = await Promise.all([signUp(stack, 'free'), signUp(stack, 'pro')]);
    await sql(`update public.plan_quotas set value = 4 where plan = 'pro' and quota = 'calls_per_minute'`);
    await sql(`update public.profiles set plan = 'pro' where user_id = $1`, [pro.id]);
    expect(await writes(free.client, 6)).toBe(2);
    expect(await writes(pro.client, 6)).toBe(4);
    await sql(`update public.plan_quotas set value = 600 where plan = 'pro' and quota = 'calls_per_minute'`);
  });

  it('are without limit where the quota is null, and refused where it is 0', async () => {
    const user = await signUp(stack, 'boundless');
    await setting('quota.calls_per_minute', 0);
    expect(await writes(user.client, 1)).toBe(0);
    const refused = await rawWrite(await tokenOf(user));
    expect(refused.headers.get('retry-after')).toBeNull();
    expect(await refused.json()).toMatchObject({ message: 'you may make 0 calls a minute', details: null });
    await setting('quota.calls_per_minute', null);
    expect(await writes(user.client, 10)).toBe(10);
  });

  it('that fail are not counted, nor are reads', async () => {
    await setting('quota.calls_per_minute', 2);
    const { client } = await signUp(stack, 'failing');
    for (let i = 0; i < 5; i += 1) {
      expect((await client.rpc('cancel_backtest', { p_backtest_id: crypto.randomUUID() })).error?.code).toBe(
        'backtest_not_found',
      );
      expect((await client.from('backtests').select('id')).error).toBeNull();
      expect((await client.rpc('my_quotas')).error).toBeNull();
    }
    expect(await writes(client, 3)).toBe(2);
  });

  it('of a runner are counted by its session, apart from its owner', async () => {
    await setting('limits.runner_calls_per_minute', 2);
    const owner = await signUp(stack, 'owner');
    const claims = { userId: owner.id, apiKeyId: crypto.randomUUID(), permissions: [] };
    const [one, two] = await Promise.all(
      [1, 2].map(async () =>
        withToken(stack, await mintRunnerToken(stack, { ...claims, sessionId: crypto.randomUUID() })),
      ),
    );
    expect(await writes(one as TradebaseClient, 4)).toBe(2);
    expect(await writes(two as TradebaseClient, 4)).toBe(2);
    expect(await writes(owner.client, 4)).toBe(4);
  });

  it('leave no bucket of a deleted user', async () => {
    const user = await signUp(stack, 'leaving');
    await writes(user.client, 1);
    const buckets = () => sql(`select bucket from private.rate_buckets where subject = 'user:' || $1`, [user.id]);
    expect((await buckets()).rows).toEqual([{ bucket: 'calls' }]);
    await asService(stack).auth.admin.deleteUser(user.id);
    expect((await buckets()).rows).toEqual([]);
  });

  it('need no limit to be refused to who has no session', async () => {
    expect((await write(anonymous(stack))).error?.code).toBe('42501');
    expect((await anonymous(stack).rpc('take_call')).error?.code).toBe('42501');
  });
});

describe('Calls of the function api', () => {
  const call = async (user: Persona, method: string, path: string, body?: unknown) =>
    fetch(`${stack.apiUrl}/functions/v1/api${path}`, {
      method,
      headers: { apikey: stack.keys.publishableKey, authorization: `Bearer ${await tokenOf(user)}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const BACKTEST = { symbol: 'ACME', timeframe: '1d', strategy: { name: 'sma-cross', params: { fast: 2, slow: 5 } } };

  it('are counted once each, reads and writes together', async () => {
    await setting('quota.calls_per_minute', 3);
    const user = await signUp(stack, 'caller');
    const statuses = [];
    for (const method of ['GET', 'POST', 'GET', 'GET', 'POST']) {
      statuses.push((await call(user, method, '/backtests', method === 'POST' ? BACKTEST : undefined)).status);
    }
    expect(statuses).toEqual([200, 201, 200, 429, 429]);
  });

  it('are refused with the time to wait', async () => {
    await setting('quota.calls_per_minute', 1);
    const user = await signUp(stack, 'impatient');
    const startedAt = performance.now();
    expect((await call(user, 'GET', '/keys')).status).toBe(200);
    const refused = await call(user, 'GET', '/keys');
    expect(refused.status).toBe(429);
    const seconds = Number(refused.headers.get('retry-after'));
    expectAbout(seconds, 60, startedAt);
    expect(await refused.json()).toEqual({
      code: 'rate_limited',
      message: `you may make 1 calls a minute: try again in ${seconds} s`,
    });
  });

  it('refuse the 11th backtest in an hour, until one more is due', async () => {
    const [keen, calm] = await Promise.all([signUp(stack, 'keen'), signUp(stack, 'calm')]);
    const startedAt = performance.now();
    for (let i = 0; i < 10; i += 1) expect((await call(keen, 'POST', '/backtests', BACKTEST)).status).toBe(201);
    const refused = await call(keen, 'POST', '/backtests', BACKTEST);
    expect(refused.status).toBe(429);
    const seconds = Number(refused.headers.get('retry-after'));
    expectAbout(seconds, 360, startedAt);
    expect(await refused.json()).toEqual({
      code: 'rate_limited',
      message: `you may request 10 backtests an hour, and as many at once: try again in ${seconds} s`,
    });
    expect((await call(calm, 'POST', '/backtests', BACKTEST)).status).toBe(201);
    await letPass(keen.id, 'backtests', seconds);
    expect((await call(keen, 'POST', '/backtests', BACKTEST)).status).toBe(201);
    expect((await call(keen, 'POST', '/backtests', BACKTEST)).status).toBe(429);
  });
});

describe('Backtests', () => {
  const request = (client: TradebaseClient, count: number) =>
    client.from('backtests').insert(
      Array.from({ length: count }, () => ({
        instrument_id: 1,
        timeframe: '1d',
        strategy: { name: 'sma-cross', params: { fast: 2, slow: 5 } },
      })) as never,
    );

  it('that are requested in one batch cost as much as one by one', async () => {
    const { client } = await signUp(stack, 'batches');
    expect((await request(client, 11)).error?.code).toBe('rate_limited');
    expect((await request(client, 7)).error).toBeNull();
    expect((await request(client, 4)).error?.code).toBe('rate_limited');
    expect((await request(client, 3)).error).toBeNull();
    expect((await request(client, 1)).error?.code).toBe('rate_limited');
  });

  it('may be open as many as the quota says', async () => {
    await setting('quota.open_backtests', 2);
    const { client } = await signUp(stack, 'open');
    expect((await request(client, 2)).error).toBeNull();
    const refused = await request(client, 1);
    expect([refused.status, refused.error?.message]).toEqual([
      429,
      'you have 2 backtests queued or running: wait for one to end, or cancel some',
    ]);
    await setting('quota.open_backtests', null);
    expect((await request(client, 1)).error).toBeNull();
  });

  it('may be kept as many as the setting says, until some are deleted', async () => {
    await setting('limits.backtests_per_user', 2);
    const { client } = await signUp(stack, 'hoarder');
    expect((await request(client, 3)).error?.code).toBe('quota_exceeded');
    expect((await request(client, 2)).error).toBeNull();
    await client.from('backtests').update({ status: 'cancelled' }).eq('status', 'queued');
    const refused = await request(client, 1);
    expect([refused.status, refused.error?.code]).toEqual([409, 'quota_exceeded']);
    await client.from('backtests').delete().eq('status', 'cancelled');
    expect((await request(client, 1)).error).toBeNull();
    await setting('limits.backtests_per_user', 2000);
  });

  it('that are refused for another reason cost nothing', async () => {
    const { client } = await signUp(stack, 'mistaken');
    const wrong = { p_symbol: 'ACME', p_timeframe: '1d', p_strategy: { params: {} } };
    for (let i = 0; i < 12; i += 1) expect((await client.rpc('create_backtest', wrong)).error?.code).toBe('23514');
    expect((await request(client, 10)).error).toBeNull();
  });

  it('have no limit where tests and benchmarks lift them', async () => {
    await liftLimits(stack);
    const { client } = await signUp(stack, 'lifted');
    expect((await request(client, 120)).error).toBeNull();
    expect(await writes(client, 110)).toBe(110);
  });
});
