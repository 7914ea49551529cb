import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from '../../packages/client/test/support/as-role.ts';
import { startTestWorker, type TestWorker } from './support/worker-process.ts';

/** Maintenance through real workers: from the queue, and from the scheduler. */
let stack: TestStack;
const workers: TestWorker[] = [];

beforeAll(async () => {
  stack = await startStack();
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.end()));
});

afterAll(() => stack?.stop());

function query(text: string, values: unknown[] = []) {
  return asPostgres(stack, (client) => client.query(text, values));
}

async function startWorker(): Promise<TestWorker> {
  const worker = await startTestWorker(stack);
  workers.push(worker);
  return worker;
}

async function enqueue(): Promise<string> {
  const id = crypto.randomUUID();
  await query(`select private.enqueue_job('maintenance', $1, '{"version": 1}', null)`, [id]);
  return id;
}

async function jobs(): Promise<{ id: string; state: string }[]> {
  return (await query(`select id, state from pgboss.job where name = 'maintenance' order by created_on`)).rows;
}

describe('A worker', () => {
  it('runs maintenance from the queue, and health says how it went', async () => {
    const worker = await startWorker();
    const id = await enqueue();
    expect(
      JSON.parse(await worker.logged(new RegExp(`maintenance done.*${id}|${id}.*maintenance done`))),
    ).toMatchObject({
      queue: 'maintenance',
      job_id: id,
    });
    const { rows } = await query(
      `select component, status, failure_count, error_message, metadata -> 'done' ->> 'prune_orphans' as orphans
       from public.system_health where system = 'maintenance'`,
    );
    expect(rows).toEqual([{ component: null, status: 'HEALTHY', failure_count: 0, error_message: null, orphans: '0' }]);
  });

  it('has one job of it at a time, however often it is asked for', async () => {
    const before = (await jobs()).length;
    await Promise.all([enqueue(), enqueue(), enqueue()]);
    expect((await jobs()).length).toBe(before + 1);
    await startWorker();
    await expect.poll(async () => (await jobs()).every(({ state }) => state === 'completed')).toBe(true);
  });

  it('fails the job where a step failed, after the others are done', async () => {
    await query('alter function private.prune_tasks() rename to prune_tasks_elsewhere');
    const worker = await startWorker();
    const id = await enqueue();
    expect(await worker.logged(new RegExp(`job failed.*${id}|${id}.*job failed`))).toContain('prune_tasks');
    const { rows } = await query(`select status from public.system_health where system = 'maintenance'`);
    expect(rows).toEqual([{ status: 'DEGRADED' }]);
    await query('alter function private.prune_tasks_elsewhere() rename to prune_tasks');
    await query(`delete from pgboss.job where id = $1`, [id]);
  });

  it('is told by the scheduler once an occurrence, however many workers there are', async () => {
    const { rows } = await query(`select cron, timezone, options from pgboss.schedule where name = 'maintenance'`);
    expect(rows).toEqual([{ cron: '17 * * * *', timezone: 'UTC', options: { missed: 'once' } }]);
    const before = (await jobs()).length;
    // Due this minute, whichever it is. Nothing the scheduler does takes its minute from the clock of this test.
    await query(`update pgboss.schedule set cron = '* * * * *', options = '{}' where name = 'maintenance'`);
    await query(`update pgboss.version set cron_on = null`);
    await Promise.all([startWorker(), startWorker()]);
    await expect.poll(async () => (await jobs()).length, { interval: 200 }).toBe(before + 1);
    await expect
      .poll(async () => (await jobs()).every(({ state }) => state === 'completed'), { interval: 200 })
      .toBe(true);
    const { rows: sent } = await query(
      `select count(*)::int from pgboss.job where name = '__pgboss__send-it' group by data ->> 'slot' having count(*) > 1`,
    );
    expect(sent).toEqual([]);
  });
});
