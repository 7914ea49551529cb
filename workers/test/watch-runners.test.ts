import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from '../../packages/client/test/support/as-role.ts';
import { connectRunner } from '../../packages/client/test/support/connect-runner.ts';
import { type Persona, signUp } from '../../packages/client/test/support/personas.ts';
import { startTestWorker, type TestWorker } from './support/worker-process.ts';

/** The watch of the runners, through real workers. */
let stack: TestStack;
let owner: Persona;
const workers: TestWorker[] = [];

beforeAll(async () => {
  stack = await startStack();
  owner = await signUp(stack, 'owner');
  await query(`update public.system_config set value = '2' where key = 'runner.timeout_s'`);
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

async function statusOf(sessionId: string): Promise<string> {
  return (await query('select status from public.runner_sessions where id = $1', [sessionId])).rows[0].status;
}

describe('A worker', () => {
  it('disconnects a runner that falls silent, and expires what nobody did', async () => {
    const runner = await connectRunner(stack, owner);
    await query(`select private.command_runner($1, 'ping', null, '{}', '-1 seconds')`, [runner.session_id]);
    const worker = await startWorker();
    expect(JSON.parse(await worker.logged(/commands expired/))).toMatchObject({ count: 1 });
    await expect.poll(() => statusOf(runner.session_id)).toBe('disconnected');
    expect(JSON.parse(await worker.logged(/runners offline/))).toMatchObject({ count: 1 });
  });

  it('looks while the others wait, and hands over when it stops or dies', async () => {
    const [first, second] = [await startWorker(), await startWorker()];
    const holders = async () =>
      (
        await query(
          `select count(*)::int from pg_locks l join pg_stat_activity a using (pid)
           where l.locktype = 'advisory' and l.granted and a.datname = current_database() and a.usename = 'tradebase_worker'
             and (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('watch of the runners', 0)`,
        )
      ).rows[0].count;
    await expect.poll(holders).toBe(1);
    await first.end('SIGKILL');
    const runner = await connectRunner(stack, owner);
    await expect.poll(() => statusOf(runner.session_id)).toBe('disconnected');
    expect(await holders()).toBe(1);
    await second.end();
    expect(second.process.exitCode).toBe(0);
    await expect.poll(holders).toBe(0);
  });
});
