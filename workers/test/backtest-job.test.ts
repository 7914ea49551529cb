import { followTaskEvents, type NamedTaskEvent } from '@tradebase/client';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { asPostgres } from '../../packages/client/test/support/as-role.ts';
import { liftLimits } from '../../packages/client/test/support/lift-limits.ts';
import { asService, type Persona, signUp } from '../../packages/client/test/support/personas.ts';
import { seedMarket } from '../../packages/client/test/support/seed-market.ts';
import { startTestWorker, type TestWorker } from './support/worker-process.ts';

/** Backtests from the request to the result, with workers in processes of their own that get killed. */
let stack: TestStack;
let user: Persona;
const workers: TestWorker[] = [];

const STRATEGY = { name: 'sma-cross', params: { fast: 2, slow: 5 } };

beforeAll(async () => {
  stack = await startStack();
  await Promise.all([seedMarket(stack), liftLimits(stack)]);
  user = await signUp(stack, 'user');
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.end()));
});

afterAll(() => stack?.stop());

async function startWorker(env?: Record<string, string>): Promise<TestWorker> {
  const worker = await startTestWorker(stack, env);
  workers.push(worker);
  return worker;
}

async function requestBacktest(strategy: object = STRATEGY): Promise<string> {
  const { data, error } = await user.client.rpc('create_backtest', {
    p_symbol: 'ACME',
    p_timeframe: '1d',
    p_strategy: { ...strategy },
  });
  if (error) throw error;
  return data.id;
}

/** Resolves with the event of that name about a backtest, now or later. */
async function waitFor(id: string, names: readonly string[]): Promise<NamedTaskEvent> {
  const found = Promise.withResolvers<NamedTaskEvent>();
  const feed = followTaskEvents(
    user.client,
    user.id,
    (named) => {
      if (named.event.id === id && names.includes(named.name)) found.resolve(named);
    },
    { after: 0 },
  );
  feed.live.catch(found.reject);
  const event = await found.promise;
  await feed.stop();
  return event;
}

const END = ['task_completed', 'task_failed'];

async function readBacktest(id: string) {
  const { data, error } = await user.client
    .from('backtests')
    .select('*, backtest_results(*), backtest_trades(*)')
    .eq('id', id)
    .single();
  if (error) throw error;
  return data;
}

/** Keeps workers from reading candles, so that a backtest stays in the middle for as long as a test needs. */
async function holdCandles(): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: stack.databaseUrl() });
  await client.connect();
  await client.query('begin; lock table public.candles in access exclusive mode');
  onTestFinished(() => client.end());
  return async () => {
    await client.query('rollback');
  };
}

async function jobState(id: string): Promise<string> {
  const { rows } = await asPostgres(stack, (client) =>
    client.query('select state from pgboss.job where id = $1', [id]),
  );
  return rows[0].state;
}

describe('A worker', () => {
  it('runs a backtest and writes summary, curve and trades', async () => {
    await startWorker();
    const id = await requestBacktest();
    expect((await waitFor(id, END)).name).toBe('task_completed');
    const backtest = await readBacktest(id);
    expect(backtest).toMatchObject({ status: 'completed', progress: 1, attempt: 1, error: null });
    expect(backtest.backtest_results).toMatchObject({ summary: { bars: 100, initial_cash: 10_000 } });
    expect(backtest.backtest_results?.equity).toHaveLength(100);
    expect(backtest.backtest_results?.equity_at[0]).toMatch(/^2024-01-01T00:00:00/);
    expect(backtest.backtest_trades.length).toBeGreaterThan(1);
    expect(backtest.backtest_results?.summary).toMatchObject({ trades: backtest.backtest_trades.length });
  });

  it('uses only the candles of the range', async () => {
    await startWorker();
    const { data, error } = await user.client.rpc('create_backtest', {
      p_symbol: 'ACME',
      p_timeframe: '1d',
      p_strategy: STRATEGY,
      p_range_start: '2024-01-11T00:00:00Z',
      p_range_end: '2024-01-21T00:00:00Z',
    });
    if (error) throw error;
    await waitFor(data.id, END);
    expect((await readBacktest(data.id)).backtest_results?.summary).toMatchObject({
      bars: 10,
      first_bar_at: expect.stringContaining('2024-01-11T00:00:00'),
      last_bar_at: expect.stringContaining('2024-01-20T00:00:00'),
    });
  });

  it('refuses a strategy that makes no sense with a clear error, without trying again', async () => {
    await startWorker();
    const id = await requestBacktest({ name: 'sma-cross', params: { fast: 30, slow: 10 } });
    const { event } = await waitFor(id, END);
    expect(event.error).toEqual({
      code: 'invalid_request',
      message: expect.stringContaining('fast < slow is required'),
    });
    const unknown = await requestBacktest({ name: 'crystal-ball' });
    expect((await waitFor(unknown, END)).event.error?.code).toBe('invalid_request');
    expect((await readBacktest(unknown)).attempt).toBe(1);
  });

  it('does not start a backtest that was cancelled while it waited', async () => {
    const id = await requestBacktest();
    await user.client.rpc('cancel_backtest', { p_backtest_id: id });
    const next = await requestBacktest();
    await startWorker();
    await waitFor(next, END);
    expect(await readBacktest(id)).toMatchObject({ status: 'cancelled', attempt: 0, started_at: null });
  });

  it('drops a backtest that is cancelled while it runs', async () => {
    const id = await requestBacktest();
    const release = await holdCandles();
    const worker = await startWorker();
    await waitFor(id, ['task_running']);
    const { data } = await user.client.rpc('cancel_backtest', { p_backtest_id: id });
    expect(data?.status).toBe('cancelled');
    // The candles are still held: the worker leaves the backtest without waiting for them.
    await worker.logged(new RegExp(`stopped.*${id}`));
    await release();
    expect(await readBacktest(id)).toMatchObject({ status: 'cancelled', backtest_results: null, backtest_trades: [] });
  });

  it('stops in good order: the job in hand goes back to the queue and another worker runs it', async () => {
    const id = await requestBacktest();
    const release = await holdCandles();
    const first = await startWorker();
    await waitFor(id, ['task_running']);
    const ended = first.end('SIGTERM');
    await release();
    await ended;
    expect(first.process.exitCode).toBe(0);
    await startWorker();
    expect((await waitFor(id, END)).name).toBe('task_completed');
  });

  it('killed in the middle of a backtest is replaced: another finishes it, once', async () => {
    const id = await requestBacktest();
    const release = await holdCandles();
    const first = await startWorker();
    await waitFor(id, ['task_running']);
    await first.end('SIGKILL');
    await release();
    // As if the ten seconds had passed in which a worker may keep silent.
    await asPostgres(stack, (client) =>
      client.query(`update pgboss.job set heartbeat_on = now() - interval '1 minute' where id = $1`, [id]),
    );
    await startWorker();
    expect((await waitFor(id, END)).name).toBe('task_completed');
    const backtest = await readBacktest(id);
    expect(backtest.attempt).toBe(2);
    expect(backtest.backtest_results?.equity).toHaveLength(100);
    const { data: ends } = await user.client.from('events').select('event').eq('payload->>id', id).in('event', END);
    expect(ends).toEqual([{ event: 'task_completed' }]);
  });

  it('that was given up for dead cannot write its result any more', async () => {
    const id = await requestBacktest();
    const release = await holdCandles();
    const slow = await startWorker();
    await waitFor(id, ['task_running']);
    // Another worker has claimed it in the meantime.
    await asPostgres(stack, (client) =>
      client.query('update public.backtests set attempt = attempt + 1 where id = $1', [id]),
    );
    await release();
    await slow.logged(/taken over/);
    expect(await readBacktest(id)).toMatchObject({ status: 'running', backtest_results: null, backtest_trades: [] });
  });

  it('that cannot read a job fails its backtest after the last try, rather than leaving it queued', async () => {
    const id = await requestBacktest();
    // As a worker of an older version would find it.
    await asPostgres(stack, (client) =>
      client.query(`update pgboss.job set data = '{"version": 9}', retry_limit = 0 where id = $1`, [id]),
    );
    await startWorker();
    expect((await waitFor(id, END)).event.error?.code).toBe('worker_failed');
  });

  it('refuses a backtest that would take more memory than it has, rather than die of it', async () => {
    await startWorker({ TRADEBASE_WORKER_MEMORY_MB: '1' });
    expect((await waitFor(await requestBacktest(), END)).event.error).toEqual({
      code: 'invalid_request',
      message: expect.stringContaining('MB of memory'),
    });
  });

  it('starts with as many threads as it is given', async () => {
    await startWorker({ TRADEBASE_WORKER_CONCURRENCY: '4' });
    const id = await requestBacktest();
    expect((await waitFor(id, END)).name).toBe('task_completed');
  });

  it('does not get in the way of a user being deleted, nor the other way round', async () => {
    await startWorker();
    const leaving = await Promise.all(Array.from({ length: 8 }, (_, n) => signUp(stack, `leaving${n}`)));
    const request = { p_symbol: 'ACME', p_timeframe: '1d', p_strategy: STRATEGY };
    await Promise.all(leaving.flatMap(({ client }) => [1, 2, 3].map(() => client.rpc('create_backtest', request))));
    const deleted = await Promise.all(leaving.map(({ id }) => asService(stack).auth.admin.deleteUser(id)));
    expect(deleted.map(({ error }) => error)).toEqual(leaving.map(() => null));
    const ids = leaving.map(({ id }) => id);
    const left = () =>
      asPostgres(stack, async (client) => {
        const { rows } = await client.query(
          `select (select count(*)::int from public.backtests where user_id = any ($1))
                + (select count(*)::int from public.events where user_id = any ($1)) as count`,
          [ids],
        );
        return rows[0].count;
      });
    await expect.poll(left).toBe(0);
    expect((await waitFor(await requestBacktest(), END)).name).toBe('task_completed');
  });

  it('works several users off side by side, and all of their backlog', async () => {
    const other = await signUp(stack, 'other');
    const mine = await Promise.all(Array.from({ length: 6 }, () => requestBacktest()));
    const { data: theirs } = await other.client.rpc('create_backtest', {
      p_symbol: 'ACME',
      p_timeframe: '1d',
      p_strategy: STRATEGY,
    });
    await startWorker();
    const all = [...mine, String(theirs?.id)];
    await expect.poll(() => Promise.all(all.map(jobState))).toEqual(all.map(() => 'completed'));
  });
});
