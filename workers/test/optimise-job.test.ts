import { followTaskEvents, type NamedTaskEvent } from '@tradebase/client';
import { StudyResult } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from '../../packages/client/test/support/as-role.ts';
import { liftLimits } from '../../packages/client/test/support/lift-limits.ts';
import { type Persona, signUp } from '../../packages/client/test/support/personas.ts';
import { seedMarket } from '../../packages/client/test/support/seed-market.ts';
import { startTestWorker, type TestWorker } from './support/worker-process.ts';

/** Studies from the request to the result, with workers in processes of their own that get killed. */
let stack: TestStack;
let user: Persona;
const workers: TestWorker[] = [];

beforeAll(async () => {
  stack = await startStack();
  await Promise.all([seedMarket(stack), seedMarket(stack, 'LONG', 20_000), liftLimits(stack)]);
  user = await signUp(stack, 'user');
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.end()));
});

afterAll(() => stack?.stop());

async function startWorker(): Promise<TestWorker> {
  const worker = await startTestWorker(stack, { TRADEBASE_WORKER_CONCURRENCY: '2' });
  workers.push(worker);
  return worker;
}

/** A grid over both averages of a crossing: `fast` and `slow` values. */
async function requestGrid({ client }: Persona, fast: number, slow: number, symbol = 'ACME'): Promise<string> {
  const { data, error } = await client.rpc('create_study', {
    p_name: 'Grid',
    p_kind: 'grid',
    p_symbol: symbol,
    p_timeframe: '1d',
    p_spec: { strategy: { name: 'sma-cross' } },
    p_search_space: {
      fast: { values: Array.from({ length: fast }, (_, n) => n + 2) },
      slow: { values: Array.from({ length: slow }, (_, n) => n + 100) },
    },
    p_objective: 'total_return_pct',
  });
  if (error) throw error;
  return data.id;
}

const END = ['task_completed', 'task_failed'];

/** Resolves with the event of that name about a study, now or later. */
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

async function readStudy(id: string) {
  const { data, error } = await user.client.from('studies').select('*').eq('id', id).single();
  if (error) throw error;
  return data;
}

async function trialsOf(id: string): Promise<{ number: number; finished_at: Date; objective_value: number }[]> {
  const { rows } = await asPostgres(stack, (client) =>
    client.query('select number, finished_at, objective_value from public.trials where study_id = $1 order by number', [
      id,
    ]),
  );
  return rows;
}

/** Lets a worker write the first trials of its study, and no more until it is released: the study stays in the middle. */
async function holdTrials(): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: stack.databaseUrl() });
  await client.connect();
  await client.query(`
    create or replace function public.wait_in_the_middle() returns trigger language plpgsql as $$
    begin
      if exists (select from public.trials t join public.studies s on s.id = t.study_id where s.status = 'running') then
        perform pg_advisory_xact_lock_shared(1);
      end if;
      return null;
    end $$;
    create or replace trigger wait_in_the_middle before insert on public.trials execute function public.wait_in_the_middle()`);
  await client.query('select pg_advisory_lock(1)');
  return () => client.end();
}

/** As if the ten seconds had passed in which a worker may keep silent. */
async function missHeartbeats(jobId: string): Promise<void> {
  await asPostgres(stack, (client) =>
    client.query(`update pgboss.job set heartbeat_on = now() - interval '1 minute' where id = $1`, [jobId]),
  );
}

/** How many connections of a role wait for a lock. */
async function waiting(role: 'tradebase_worker' | 'authenticator'): Promise<number | null> {
  const { rowCount } = await asPostgres(stack, (client) =>
    client.query(
      `select from pg_stat_activity where datname = current_database() and usename = $1 and wait_event_type = 'Lock'`,
      [role],
    ),
  );
  return rowCount;
}

async function familyTrials(): Promise<number | undefined> {
  const { data } = await user.client.from('strategy_trial_counts').select('trial_count').eq('family', 'name:sma-cross');
  return data?.[0]?.trial_count;
}

describe('A worker', () => {
  it('runs a grid search, writes each trial and the result, and tells how far it is', async () => {
    await startWorker();
    const id = await requestGrid(user, 3, 2);
    const { name, event } = await waitFor(id, END);
    expect([name, event.kind]).toEqual(['task_completed', 'study']);
    const study = await readStudy(id);
    expect(study).toMatchObject({ status: 'completed', progress: 1, attempt: 1, trial_count: 6, planned_trials: 6 });
    expect(study.data_version).toBe(1);
    const result = StudyResult.parse(study.result);
    expect(result.trials.completed).toBe(6);
    const trials = await trialsOf(id);
    expect(trials.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(result.best?.objective_value).toBe(Math.max(...trials.map(({ objective_value }) => objective_value)));
  });

  it('counts the trials of a strategy over all studies, those deleted included', async () => {
    await startWorker();
    const first = await requestGrid(user, 2, 2);
    await waitFor(first, END);
    const before = (await familyTrials()) ?? 0;
    expect(before).toBeGreaterThanOrEqual(4);
    const { error } = await user.client.from('studies').delete().eq('id', first);
    expect(error).toBeNull();
    expect(await familyTrials()).toBe(before);
    const second = await requestGrid(user, 1, 2);
    await waitFor(second, END);
    expect(StudyResult.parse((await readStudy(second)).result).trials.ever_made).toBe(before + 2);
  });

  it('killed in the middle of a study is replaced: another goes on from the trials that are there', async () => {
    const id = await requestGrid(user, 12, 12, 'LONG');
    const release = await holdTrials();
    const first = await startWorker();
    await expect.poll(async () => (await trialsOf(id)).length, { interval: 20 }).toBeGreaterThan(0);
    await first.end('SIGKILL');
    await release();
    await missHeartbeats(id);
    const kept = await trialsOf(id);
    expect(kept.length).toBeLessThan(144);
    await startWorker();
    expect((await waitFor(id, END)).name).toBe('task_completed');
    const study = await readStudy(id);
    expect(study).toMatchObject({ attempt: 2, trial_count: 144 });
    const trials = await trialsOf(id);
    expect(trials.map(({ number }) => number)).toEqual(Array.from({ length: 144 }, (_, n) => n + 1));
    // Those of the first worker are as it wrote them.
    const numbers = new Set(kept.map(({ number }) => number));
    expect(trials.filter(({ number }) => numbers.has(number))).toEqual(kept);
  });

  it('drops a study that is cancelled while it runs, and keeps its trials', async () => {
    const id = await requestGrid(user, 60, 60, 'LONG');
    const release = await holdTrials();
    const worker = await startWorker();
    await expect.poll(async () => (await trialsOf(id)).length, { interval: 20 }).toBeGreaterThan(0);
    await expect.poll(() => waiting('tradebase_worker')).toBeGreaterThan(0);
    // The worker waits for this test, and the owner for the worker.
    const cancelling = Promise.resolve(user.client.rpc('cancel_study', { p_study_id: id }));
    await expect.poll(() => waiting('authenticator')).toBe(1);
    await release();
    expect((await cancelling).data?.status).toBe('cancelled');
    await worker.logged(new RegExp(`study stopped.*${id}`));
    const { trial_count, result } = await readStudy(id);
    expect(result).toBeNull();
    expect(trial_count).toBeGreaterThan(0);
    expect(trial_count).toBeLessThan(3600);
  });

  it('refuses a study that makes no sense, and one of more trials than the plan allows', async () => {
    await startWorker();
    const { data } = await user.client.rpc('create_study', {
      p_name: 'Nonsense',
      p_kind: 'grid',
      p_symbol: 'ACME',
      p_timeframe: '1d',
      p_spec: { strategy: { name: 'sma-cross' } },
      p_search_space: { wings: { values: [1, 2] } },
      p_objective: 'sharpe',
    });
    expect((await waitFor(String(data?.id), END)).event.error).toEqual({
      code: 'invalid_request',
      message: expect.stringContaining('wings'),
    });
    await asPostgres(stack, (client) =>
      client.query(`update public.system_config set value = '5' where key = 'quota.trials_per_study'`),
    );
    const large = await requestGrid(user, 3, 3);
    expect((await waitFor(large, END)).event.error?.message).toContain('9 trials; 5 are the most');
    await liftLimits(stack);
  });

  it('that cannot read a job fails its study after the last try, rather than leaving it queued', async () => {
    const id = await requestGrid(user, 2, 2);
    // As a worker of an older version would find it.
    await asPostgres(stack, (client) =>
      client.query(`update pgboss.job set data = '{"version": 9}', retry_limit = 0 where id = $1`, [id]),
    );
    await startWorker();
    expect((await waitFor(id, END)).event.error?.code).toBe('worker_failed');
  });
});
