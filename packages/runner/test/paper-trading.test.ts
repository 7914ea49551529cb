import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBacktest } from '@tradebase/engine';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asPostgres } from '../../client/test/support/as-role.ts';
import { makeKey } from '../../client/test/support/connect-runner.ts';
import { liftLimits } from '../../client/test/support/lift-limits.ts';
import { type Persona, signUp } from '../../client/test/support/personas.ts';
import { makeBot } from '../../client/test/support/seed-trading.ts';
import { RunnerProgram } from './support/runner-program.ts';
import { dayOfMinutes, seedMinutes } from './support/seed-minutes.ts';

/** Bots that their owner starts, and the program on a trader's machine trades on paper, through crashes of any kind. */
let stack: TestStack;
let owner: Persona;
let stateDir: string;
let programs: RunnerProgram[] = [];

const REPLAY = ['--feed', 'replay', '--from', '2024-03-05', '--to', '2024-03-06', '--at-end', 'close'];

beforeAll(async () => {
  stack = await startStack({ functions: true });
  await liftLimits(stack);
  await seedMinutes(stack);
});

afterAll(() => stack?.stop());

beforeEach(async () => {
  owner = await signUp(stack, 'trader');
  stateDir = await mkdtemp(join(tmpdir(), 'runner-'));
});

afterEach(async () => {
  await Promise.all(programs.map((program) => program.end('SIGKILL')));
  programs = [];
  await rm(stateDir, { recursive: true, force: true });
});

function startProgram(key: string, args: readonly string[], dir = stateDir): RunnerProgram {
  const program = new RunnerProgram(stack, key, dir, args);
  programs.push(program);
  return program;
}

// biome-ignore lint/suspicious/noExplicitAny: rows as Postgres gives them
async function sql(statement: string, values: unknown[] = []): Promise<any[]> {
  const { rows } = await asPostgres(stack, (client) => client.query(statement, values));
  return rows;
}

const SPEC = { name: 'sma-cross', params: { fast: 5, slow: 15 } };
const SETTINGS = { fees: { rate_pct: 0.1 } };

function makeMinuteBot(name: string, more: object = {}): Promise<string> {
  return makeBot(owner, {
    name,
    strategy_type: SPEC.name,
    parameters: SPEC.params,
    symbols: ['ACME'],
    timeframe: '1m',
    initial_balance: 10_000,
    ...more,
  });
}

async function startBot(botId: string): Promise<void> {
  await expect
    .poll(async () => (await owner.client.rpc('start_bot', { p_bot_id: botId })).error?.message ?? null)
    .toBeNull();
}

const statusOf = async (botId: string) => (await sql('select status from public.bots where id = $1', [botId]))[0]?.status;
const runOf = async (botId: string) => (await sql('select * from public.trading_runs where bot_id = $1 order by started_at desc', [botId]))[0];
const fillsOf = (botId: string) =>
  sql(
    `select f.seq::int, f.side, f.quantity::float8, f.price::float8, f.fee::float8, f.executed_at
     from public.fills f join public.trading_runs r on r.id = f.run_id where r.bot_id = $1 order by f.seq`,
    [botId],
  );

/** What the backtest of the same candles does. */
function backtestFills() {
  const { result } = { result: runBacktest({
    strategy: SPEC,
    data: { instruments: [{ symbol: 'ACME', timeframe: '1m', candles: dayOfMinutes() }] },
    initial_cash: 10_000,
  }) };
  return result;
}

describe('The runner program', () => {
  it('trades a replay on paper, fill by fill as the backtest does', async () => {
    const { key } = await makeKey(owner);
    const botId = await makeMinuteBot('whole day');
    const program = startProgram(key, REPLAY);
    await startBot(botId);
    await expect.poll(() => statusOf(botId), { timeout: 25_000 }).toBe('stopped').catch((e) => { console.log(program.output); throw e; });
    console.log(program.output);
    console.log(await runOf(botId), await fillsOf(botId));
    console.log(backtestFills());
    console.log(await sql('select * from public.run_logs limit 30'));
  });
});
