import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from '../../client/test/support/as-role.ts';
import { makeKey } from '../../client/test/support/connect-runner.ts';
import { liftLimits } from '../../client/test/support/lift-limits.ts';
import { type Persona, signUp } from '../../client/test/support/personas.ts';
import { makeBot } from '../../client/test/support/seed-trading.ts';
import { MINUTES, OPEN_MS, seedCandles, wildDay } from './support/seed-candles.ts';

/** The example of a runner for a strategy of one's own, as a trader starts it: a program in a process. */
const EXAMPLE = join(import.meta.dirname, '..', 'examples', 'own-strategy.ts');
const LAST_BAR_AT = new Date(OPEN_MS + MINUTES * 60_000);

let stack: TestStack;
let owner: Persona;
let apiKey: string;
let home: string;
let program: ChildProcess | undefined;

beforeAll(async () => {
  stack = await startStack({ functions: true });
  await liftLimits(stack);
  await seedCandles(stack, 'ACME', wildDay());
  await sql(`update public.system_config set value = '1' where key = 'runner.heartbeat_interval_s'`);
  owner = await signUp(stack, 'own');
  apiKey = (await makeKey(owner)).key;
  home = await mkdtemp(join(tmpdir(), 'own-'));
});

afterEach(() => kill());

afterAll(async () => {
  await stack?.stop();
  if (home) await rm(home, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: rows as Postgres gives them
async function sql(statement: string, values: unknown[] = []): Promise<any[]> {
  const { rows } = await asPostgres(stack, (client) => client.query(statement, values));
  return rows;
}

function start(): void {
  const settings = {
    HOME: home,
    TRADEBASE_URL: stack.apiUrl,
    TRADEBASE_PUBLISHABLE_KEY: stack.keys.publishableKey,
    TRADEBASE_API_KEY: apiKey,
  };
  program = spawn(process.execPath, [EXAMPLE, '2024-03-05'], { env: { ...process.env, ...settings }, stdio: 'ignore' });
}

async function kill(): Promise<void> {
  const child = program;
  program = undefined;
  if (!child || child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function startBot(name: string): Promise<string> {
  const more = { strategy_type: 'sma-cross', symbols: ['ACME'], timeframe: '1m', initial_balance: 10_000 };
  const botId = await makeBot(owner, { name, ...more });
  await expect
    .poll(async () => (await owner.client.rpc('start_bot', { p_bot_id: botId })).error?.message ?? null)
    .toBeNull();
  return botId;
}

const fillsOf = (botId: string) =>
  sql(
    `select f.side, f.quantity::float8, f.price::float8, f.executed_at from public.fills f
     join public.trading_runs r on r.id = f.run_id where r.bot_id = $1 order by f.seq`,
    [botId],
  );

/** Lets a run come to the end of the day, and stops its bot. */
async function finish(botId: string): Promise<void> {
  const runOf = () => sql('select last_bar_at, status from public.trading_runs where bot_id = $1', [botId]);
  await expect.poll(async () => (await runOf())[0]?.last_bar_at).toEqual(LAST_BAR_AT);
  expect((await owner.client.rpc('stop_bot', { p_bot_id: botId })).error).toBeNull();
  await expect.poll(async () => (await runOf())[0]?.status).toBe('stopped');
}

describe('The example of a strategy of one’s own', () => {
  it('trades, stops flat, and trades the same where it is killed twice', async () => {
    start();
    const whole = await startBot('Whole');
    await finish(whole);
    const expected = await fillsOf(whole);
    expect(expected.length).toBeGreaterThan(8);
    expect(await sql(`select 1 from public.positions where bot_id = $1 and status = 'open'`, [whole])).toEqual([]);

    const killed = await startBot('Killed');
    for (const fills of [3, 6]) {
      await expect.poll(async () => (await fillsOf(killed)).length, { interval: 5 }).toBeGreaterThanOrEqual(fills);
      await kill();
      start();
    }
    await finish(killed);
    expect(await fillsOf(killed)).toEqual(expected);
    expect(await sql('select status, last_error from public.bots where id = $1', [killed])).toEqual([
      { status: 'stopped', last_error: null },
    ]);
  });
});
