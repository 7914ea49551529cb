import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Persona, signUp } from '../../packages/client/test/support/personas.ts';
import { seedMarket } from '../../packages/client/test/support/seed-market.ts';
import { enableWorkerLogin } from '../../scripts/test/support/global-setup.ts';
import { startTestWorker, type TestWorker } from './support/worker-process.ts';

let stack: TestStack;
let user: Persona;
let worker: TestWorker;

beforeAll(async () => {
  stack = await startStack({ ownServer: true });
  await enableWorkerLogin(stack.databaseUrl());
  await seedMarket(stack);
  user = await signUp(stack, 'user');
  worker = await startTestWorker(stack);
});

afterAll(async () => {
  await worker?.end();
  await stack?.stop();
});

async function requestBacktest(): Promise<string> {
  const { data, error } = await user.client.rpc('create_backtest', {
    p_symbol: 'ACME',
    p_timeframe: '1d',
    p_strategy: { name: 'sma-cross', params: { fast: 2, slow: 5 } },
  });
  if (error) throw error;
  return data.id;
}

async function statusOf(id: string): Promise<string | undefined> {
  const { data } = await user.client.from('backtests').select('status').eq('id', id).single();
  return data?.status;
}

describe('A restart of Postgres', () => {
  it('leaves a running worker at work, and the services of the stack too', async () => {
    const before = await requestBacktest();
    await expect.poll(() => statusOf(before)).toBe('completed');
    await stack.restartPostgres();
    // PostgREST and the worker reconnect by themselves, each in its own time.
    let after: string | undefined;
    await expect
      .poll(async () => {
        after ??= await requestBacktest().catch(() => undefined);
        return after;
      })
      .toBeDefined();
    await expect.poll(() => statusOf(String(after))).toBe('completed');
    expect(worker.process.exitCode).toBeNull();
  });

  it('in the middle of a backtest only delays it', async () => {
    const hold = new pg.Client({ connectionString: stack.databaseUrl() });
    hold.on('error', () => {}); // the restart ends this connection
    await hold.connect();
    await worker.end();
    const id = await requestBacktest();
    await hold.query('begin; lock table public.candles in access exclusive mode');
    worker = await startTestWorker(stack);
    await expect.poll(() => statusOf(id)).toBe('running');
    await stack.restartPostgres();
    await expect.poll(() => statusOf(id)).toBe('completed');
    expect(worker.process.exitCode).toBeNull();
  });
});
