import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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
import { NetworkLine } from './support/network-line.ts';
import { RunnerProgram } from './support/runner-program.ts';
import { dayOfMinutes, MINUTES, seedMinutes } from './support/seed-minutes.ts';

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
  await sql(`update public.system_config set value = '1' where key = 'runner.heartbeat_interval_s'`);
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
/** Of rules and of events, with one lot and with several. */
const KINDS = [
  'breakout-scalping',
  'rsi-mean-reversion',
  'bollinger-mean-reversion',
  'macd-rsi',
  'momentum',
  'grid',
  'dca',
];
/** Whole shares: where several lots of fractions are closed at once, the ledger's exact sum is not that of doubles. */
const WHOLE_SHARES = { lot_size: 1 };
const SETTINGS = { fees: { type: 'bps' as const, maker_bps: 5, taker_bps: 10 }, slippage: { type: 'none' as const } };
const WHOLE = { ...SETTINGS, instrument: WHOLE_SHARES };

function makeMinuteBot(name: string, more: object = {}): Promise<string> {
  return makeBot(owner, {
    name,
    strategy_type: SPEC.name,
    parameters: SPEC.params,
    symbols: ['ACME'],
    timeframe: '1m',
    initial_balance: 10_000,
    settings: SETTINGS,
    ...more,
  });
}

async function startBot(botId: string): Promise<void> {
  // Until the runner has connected there is nobody to start it.
  await expect
    .poll(async () => (await owner.client.rpc('start_bot', { p_bot_id: botId })).error?.message ?? null)
    .toBeNull();
}

const statusOf = async (botId: string) =>
  (await sql('select status from public.bots where id = $1', [botId]))[0]?.status;
const runOf = async (botId: string) =>
  (await sql('select * from public.trading_runs where bot_id = $1 order by started_at desc', [botId]))[0];
const fillsOf = (botId: string) =>
  sql(
    `select f.side, f.quantity::float8, f.price::float8, f.fee::float8, f.executed_at
     from public.fills f join public.trading_runs r on r.id = f.run_id where r.bot_id = $1 order by f.seq`,
    [botId],
  );

/** What the backtest of the same candles fills. */
function backtestFills(
  strategy: { name: string; params: Record<string, number> } = SPEC,
  minutes = MINUTES,
  settings: object = SETTINGS,
) {
  const { fills } = runBacktest({
    strategy,
    data: { instruments: [{ symbol: 'ACME', timeframe: '1m', candles: dayOfMinutes(minutes) }] },
    initial_cash: 10_000,
    settings,
    path: 'event',
  });
  return (fills ?? []).map(({ side, quantity, price, fee, ts }) => ({
    side,
    quantity,
    price,
    fee,
    executed_at: new Date(ts),
  }));
}

/** That the run has come to its end, and that the ledger has what the backtest has, and the closing fill of what it left open. */
async function expectTheBacktest(botId: string, program: RunnerProgram): Promise<void> {
  await expect.poll(() => statusOf(botId), { timeout: 25_000 }).toBe('stopped');
  const expected = backtestFills();
  const fills = await fillsOf(botId);
  expect(expected.length).toBeGreaterThan(8);
  expect(fills.slice(0, expected.length)).toEqual(expected);
  expect(fills.length).toBe(expected.length + (expected.length % 2));
  expect(await runOf(botId)).toMatchObject({ status: 'completed', error: null });
  expect(program.output).not.toContain('the server refused a report');
}

describe('The runner program', () => {
  it('trades a replay on paper, fill by fill as the backtest does', async () => {
    const { key } = await makeKey(owner);
    const botId = await makeMinuteBot('whole day');
    const program = startProgram(key, REPLAY);
    await startBot(botId);
    await expectTheBacktest(botId, program);
    const orders = await sql('select status from public.orders where bot_id = $1', [botId]);
    expect(orders.every(({ status }) => status === 'filled')).toBe(true);
    expect(await program.end()).toBe(0);
    expect(await sql('select status from public.runner_sessions where user_id = $1', [owner.id])).toEqual([
      { status: 'disconnected' },
    ]);
  });

  it('trades strategies of every kind like their backtests, side by side, through a crash', async () => {
    const { key } = await makeKey(owner);
    const bots = await Promise.all(
      KINDS.map(async (name) => ({
        name,
        id: await makeMinuteBot(name, { strategy_type: name, parameters: {}, settings: WHOLE }),
      })),
    );
    const slowly = [...REPLAY, '--speed', '6000'];
    const first = startProgram(key, slowly);
    for (const { id } of bots) await startBot(id);
    await expect
      .poll(async () => (await Promise.all(bots.map(({ id }) => fillsOf(id)))).flat().length)
      .toBeGreaterThan(8);
    await first.end('SIGKILL');
    const second = startProgram(key, slowly);
    for (const { name, id } of bots) {
      await expect.poll(() => statusOf(id), { timeout: 40_000 }).toBe('stopped');
      const expected = backtestFills({ name, params: {} }, MINUTES, WHOLE);
      const fills = await fillsOf(id);
      expect({ name, fills: fills.slice(0, expected.length) }).toEqual({ name, fills: expected });
      expect(await runOf(id)).toMatchObject({ status: 'completed', error: null });
    }
    expect(`${first.output}${second.output}`).not.toContain('the server refused a report');
  }, 90_000);

  it('trades orders that rest, and are replaced at every bar, through crashes', async () => {
    const { key } = await makeKey(owner);
    const botId = await makeMinuteBot('grid', { strategy_type: 'grid', parameters: {}, settings: WHOLE });
    const oneHour = [...REPLAY, '--to', '2024-03-05T15:30:00Z', '--speed', '6000'];
    const expected = backtestFills({ name: 'grid', params: {} }, 60, WHOLE);
    expect(expected.length).toBeGreaterThan(4);
    let program = startProgram(key, oneHour);
    await startBot(botId);
    for (const part of [0.2, 0.5, 0.8]) {
      const fills = Math.ceil(expected.length * part);
      await expect.poll(async () => (await fillsOf(botId)).length, { interval: 5 }).toBeGreaterThanOrEqual(fills);
      await program.end('SIGKILL');
      program = startProgram(key, oneHour);
    }
    await expect.poll(() => statusOf(botId), { timeout: 25_000 }).toBe('stopped');
    expect((await fillsOf(botId)).slice(0, expected.length)).toEqual(expected);
    expect(program.output).not.toContain('ledger differ');
  }, 60_000);

  it('goes on after kill -9 at any moment: no fill twice, none left out', async () => {
    const { key } = await makeKey(owner);
    const botId = await makeMinuteBot('killed');
    // A minute in 10 ms.
    const slowly = [...REPLAY, '--speed', '6000'];
    let program = startProgram(key, slowly);
    await startBot(botId);
    for (const fills of [1, 3, 4, 6]) {
      await expect.poll(async () => (await fillsOf(botId)).length, { interval: 5 }).toBeGreaterThanOrEqual(fills);
      await program.end('SIGKILL');
      program = startProgram(key, slowly);
    }
    await expectTheBacktest(botId, program);
  }, 60_000);

  it('goes on on another machine, which has nothing but the ledger', async () => {
    const { key } = await makeKey(owner);
    const botId = await makeMinuteBot('moved');
    const slowly = [...REPLAY, '--speed', '12000'];
    const first = startProgram(key, slowly);
    await startBot(botId);
    await expect.poll(async () => (await fillsOf(botId)).length, { interval: 5 }).toBeGreaterThanOrEqual(3);
    await first.end('SIGKILL');
    // The same machine with an empty disk: its id is all that is left.
    const machine = (await sql('select machine_id from public.runner_sessions where user_id = $1', [owner.id]))[0];
    const dir = await mkdtemp(join(tmpdir(), 'runner-'));
    await writeFile(join(dir, 'machine-id'), machine.machine_id);
    const second = startProgram(key, slowly, dir);
    await expectTheBacktest(botId, second);
    await second.end();
    await rm(dir, { recursive: true, force: true });
  });

  it('pauses, and goes on as paused after a crash, and resumes', async () => {
    const { key } = await makeKey(owner);
    const botId = await makeMinuteBot('paused');
    const slowly = [...REPLAY, '--speed', '6000'];
    const first = startProgram(key, slowly);
    await startBot(botId);
    await expect.poll(async () => (await fillsOf(botId)).length, { interval: 5 }).toBe(2);
    await owner.client.rpc('pause_bot', { p_bot_id: botId }).throwOnError();
    await expect.poll(() => commandsOf(botId, 'pause_bot')).toEqual(['acknowledged']);
    await first.end('SIGKILL');
    const second = startProgram(key, slowly);
    // At most what was on its way to be filled when the pause came.
    const filled = (await fillsOf(botId)).length;
    await owner.client.rpc('resume_bot', { p_bot_id: botId }).throwOnError();
    await expect.poll(() => commandsOf(botId, 'resume_bot')).toEqual(['acknowledged']);
    await expect.poll(() => statusOf(botId), { timeout: 25_000 }).toBe('stopped');
    expect((await fillsOf(botId)).length).toBeGreaterThan(filled);
    expect(await runOf(botId)).toMatchObject({ status: 'completed' });
    expect(second.output).not.toContain('the server refused a report');
    expect(second.output).not.toContain('ledger differ');
  }, 60_000);

  it('closes what it holds when its owner stops the bot', async () => {
    const { key } = await makeKey(owner);
    const botId = await makeMinuteBot('stopped');
    const program = startProgram(key, [...REPLAY, '--speed', '6000']);
    await startBot(botId);
    await expect.poll(async () => (await fillsOf(botId)).length, { interval: 5 }).toBe(1);
    await owner.client.rpc('stop_bot', { p_bot_id: botId }).throwOnError();
    await expect.poll(() => statusOf(botId)).toBe('stopped');
    expect(await runOf(botId)).toMatchObject({ status: 'stopped' });
    expect(await sql(`select 1 from public.positions where bot_id = $1 and status = 'open'`, [botId])).toEqual([]);
    const fills = await fillsOf(botId);
    expect(fills.map(({ side }) => side)).toEqual(['buy', 'sell']);
    expect(fills[1]?.fee).toBeGreaterThan(0);
    expect(program.output).not.toContain('the server refused a report');
  });

  it('holds its positions through an emergency stop that does not close them, and closes them at one that does', async () => {
    const { key } = await makeKey(owner);
    const botId = await makeMinuteBot('halted');
    startProgram(key, [...REPLAY, '--speed', '3000', '--at-end', 'hold']);
    await startBot(botId);
    await expect.poll(async () => (await fillsOf(botId)).length, { interval: 5 }).toBe(1);
    const halt = (p_close_positions: boolean) =>
      owner.client
        .rpc('engage_emergency_stop', { p_scope: 'user', p_reason: 'enough', p_close_positions })
        .throwOnError();
    await halt(false);
    await expect.poll(() => commandsOf(botId, 'emergency_stop')).toEqual(['acknowledged']);
    expect(await statusOf(botId)).toBe('paused');
    await halt(true);
    await expect.poll(() => statusOf(botId)).toBe('stopped');
    expect((await fillsOf(botId)).length % 2).toBe(0);
  });

  it('refuses a LIVE bot, and says so to its owner', async () => {
    const { key } = await makeKey(owner);
    const botId = await makeMinuteBot('live');
    const program = startProgram(key, REPLAY);
    await expect.poll(() => program.output).toContain('"ready');
    const [session] = await sql('select id from public.runner_sessions where user_id = $1', [owner.id]);
    const config = (await sql('select private.run_config($1) as config', [botId]))[0].config;
    const payload = {
      run_id: crypto.randomUUID(),
      fencing_token: 1,
      resumes: false,
      paused: false,
      config: { ...config, mode: 'LIVE' },
    };
    await sql(`select private.command_runner($1, 'start_bot', $2, $3)`, [session.id, botId, JSON.stringify(payload)]);
    await expect.poll(() => commandsOf(botId, 'start_bot')).toEqual(['failed']);
    const [command] = await sql(`select error from public.runner_commands where bot_id = $1`, [botId]);
    expect(command.error).toMatchObject({ code: 'live_not_supported' });
  });

  it('trades on through a network that is cut, and through being taken to be offline', async () => {
    const { key } = await makeKey(owner);
    const botId = await makeMinuteBot('cut off', { offline_policy: 'resume' });
    const line = await NetworkLine.to(stack.apiUrl);
    const program = new RunnerProgram({ ...stack, apiUrl: line.url }, key, stateDir, [...REPLAY, '--speed', '6000']);
    programs.push(program);
    await startBot(botId);
    await expect.poll(async () => (await fillsOf(botId)).length, { interval: 5 }).toBe(1);
    line.cut();
    await expect.poll(() => program.output).toContain('cannot be reached');
    await line.mend();
    await expect.poll(async () => (await fillsOf(botId)).length, { interval: 5 }).toBeGreaterThanOrEqual(3);
    line.cut();
    await sql(`update public.runner_sessions set last_heartbeat_at = now() - interval '1 hour' where user_id = $1`, [
      owner.id,
    ]);
    await sql('select private.mark_silent_runners()');
    expect(await statusOf(botId)).toBe('error');
    await line.mend();
    await expectTheBacktest(botId, program);
    await line.close();
  }, 60_000);

  it('ends with an exit code of its own when the key is refused, and never shows it', async () => {
    const { key } = await makeKey(owner);
    const refused = startProgram(`${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`, REPLAY);
    expect(await refused.exit()).toBe(3);
    expect(refused.output).toContain('invalid_api_key');
    expect(refused.output).not.toContain(key.slice(12, -1));
  });

  it('says which key is refused when it is the publishable one', async () => {
    const { key } = await makeKey(owner);
    const keys = { ...stack.keys, publishableKey: 'sb_publishable_of_another_project' };
    const refused = new RunnerProgram({ ...stack, keys }, key, stateDir, REPLAY);
    programs.push(refused);
    expect(await refused.exit()).toBe(3);
    expect(refused.output).toContain('invalid_publishable_key');
    expect(refused.output).toContain('Give --publishable-key');
  });
});

const commandsOf = async (botId: string, type: string) =>
  (
    await sql(
      `select c.status from public.runner_commands c join public.runner_sessions s on s.id = c.runner_session_id
       where s.user_id = (select user_id from public.bots where id = $1) and c.type = $2 order by c.seq`,
      [botId, type],
    )
  ).map(({ status }) => status);
