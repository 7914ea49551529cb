import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BacktestSettingsInput, Candles, Timeframe } from '@tradebase/contracts';
import { runBacktest } from '@tradebase/engine';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { asPostgres } from '../../../client/test/support/as-role.ts';
import { makeKey } from '../../../client/test/support/connect-runner.ts';
import { liftLimits } from '../../../client/test/support/lift-limits.ts';
import { type Persona, signUp } from '../../../client/test/support/personas.ts';
import { makeBot } from '../../../client/test/support/seed-trading.ts';
import { RunnerProgram } from './runner-program.ts';
import { dayOfMinutes, MINUTES } from './seed-candles.ts';

export const REPLAY = ['--feed', 'replay', '--from', '2024-03-05', '--to', '2024-03-06', '--at-end', 'close'];
/** A minute in 20 ms: for a program that a test interrupts. The one that goes on after it need not be slow. */
export const SLOWLY = [...REPLAY, '--speed', '3000'];

export const SPEC = { name: 'sma-cross', params: { fast: 5, slow: 15 } };
export const SETTINGS = {
  fees: { type: 'bps' as const, maker_bps: 5, taker_bps: 10 },
  slippage: { type: 'none' as const },
};
/** Whole shares: where several lots of fractions are closed at once, the ledger's exact sum is not that of doubles. */
export const WHOLE = { ...SETTINGS, instrument: { lot_size: 1 } };

// biome-ignore lint/suspicious/noExplicitAny: rows as Postgres gives them
type Row = any;

export interface BacktestRun {
  readonly strategy: Parameters<typeof runBacktest>[0]['strategy'];
  readonly candles: Readonly<Record<string, Candles>>;
  readonly timeframe?: Timeframe;
  readonly settings?: BacktestSettingsInput;
  readonly initial_cash?: number;
}

/** A stack, an owner of bots, and the runner programs on the owner's machine: made anew for each test, and put away after it. */
export class PaperDesk {
  #stack: TestStack | undefined;
  #owner: Persona | undefined;
  #stateDir = '';
  #programs: RunnerProgram[] = [];

  /** @param seed stores the candles of the file's tests */
  constructor(seed: (stack: TestStack) => Promise<void>) {
    beforeAll(async () => {
      this.#stack = await startStack({ functions: true });
      await liftLimits(this.#stack);
      await seed(this.#stack);
      await this.sql(`update public.system_config set value = '1' where key = 'runner.heartbeat_interval_s'`);
    });
    afterAll(() => this.#stack?.stop());
    beforeEach(async () => {
      this.#owner = await signUp(this.stack, 'trader');
      this.#stateDir = await mkdtemp(join(tmpdir(), 'runner-'));
    });
    afterEach(async () => {
      await Promise.all(this.#programs.map((program) => program.end('SIGKILL')));
      this.#programs = [];
      await rm(this.#stateDir, { recursive: true, force: true });
    });
  }

  get stack(): TestStack {
    if (!this.#stack) throw new Error('the stack is not there yet');
    return this.#stack;
  }

  get owner(): Persona {
    if (!this.#owner) throw new Error('the owner has not signed up yet');
    return this.#owner;
  }

  async makeKey(): Promise<string> {
    return (await makeKey(this.owner)).key;
  }

  startProgram(
    key: string,
    args: readonly string[],
    { stateDir = this.#stateDir, apiUrl = this.stack.apiUrl, publishableKey = this.stack.keys.publishableKey } = {},
  ): RunnerProgram {
    const program = new RunnerProgram({ apiUrl, keys: { ...this.stack.keys, publishableKey } }, key, stateDir, args);
    this.#programs.push(program);
    return program;
  }

  async sql(statement: string, values: unknown[] = []): Promise<Row[]> {
    const { rows } = await asPostgres(this.stack, (client) => client.query(statement, values));
    return rows;
  }

  makeMinuteBot(name: string, more: object = {}): Promise<string> {
    return makeBot(this.owner, {
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

  async startBot(botId: string): Promise<void> {
    // Until the runner has connected there is nobody to start it.
    await expect
      .poll(async () => (await this.owner.client.rpc('start_bot', { p_bot_id: botId })).error?.message ?? null)
      .toBeNull();
  }

  async statusOf(botId: string): Promise<string | undefined> {
    return (await this.sql('select status from public.bots where id = $1', [botId]))[0]?.status;
  }

  async runOf(botId: string): Promise<Row> {
    return (await this.sql('select * from public.trading_runs where bot_id = $1 order by started_at desc', [botId]))[0];
  }

  fillsOf(botId: string): Promise<Row[]> {
    return this.sql(
      `select f.symbol, f.side, f.quantity::float8, f.price::float8, f.fee::float8, f.executed_at
       from public.fills f join public.trading_runs r on r.id = f.run_id where r.bot_id = $1 order by f.seq`,
      [botId],
    );
  }

  async commandsOf(botId: string, type: string): Promise<string[]> {
    const commands = await this.sql(
      `select c.status from public.runner_commands c join public.runner_sessions s on s.id = c.runner_session_id
       where s.user_id = (select user_id from public.bots where id = $1) and c.type = $2 order by c.seq`,
      [botId, type],
    );
    return commands.map(({ status }) => status);
  }

  async untilFills(botId: string, count: number): Promise<void> {
    await expect.poll(async () => (await this.fillsOf(botId)).length, { interval: 5 }).toBeGreaterThanOrEqual(count);
  }

  /** That the run has come to its end, and that the ledger has what the backtest has, and the closing fill of what it left open. */
  async expectTheBacktest(botId: string, program: Pick<RunnerProgram, 'output'>): Promise<void> {
    await expect.poll(() => this.statusOf(botId)).toBe('stopped');
    const expected = backtestFills({ strategy: SPEC, candles: { ACME: dayOfMinutes(MINUTES) } });
    const fills = await this.fillsOf(botId);
    expect(expected.length).toBeGreaterThan(8);
    expect(fills.slice(0, expected.length)).toEqual(expected);
    expect(fills.length).toBe(expected.length + (expected.length % 2));
    expect(await this.runOf(botId)).toMatchObject({ status: 'completed', error: null });
    expect(program.output).not.toContain('the server refused a report');
  }
}

/** The backtest of the same candles. */
export function backtestOf({
  strategy,
  candles,
  timeframe = '1m',
  settings = SETTINGS,
  initial_cash = 10_000,
}: BacktestRun) {
  const instruments = Object.entries(candles).map(([symbol, each]) => ({ symbol, timeframe, candles: each }));
  return runBacktest({ strategy, data: { instruments }, initial_cash, settings, path: 'event' });
}

/** What the backtest of the same candles fills. */
export function backtestFills(run: BacktestRun) {
  const symbols = Object.keys(run.candles);
  return (backtestOf(run).fills ?? []).map(({ instrument, side, quantity, price, fee, ts }) => ({
    symbol: symbols[instrument],
    side,
    quantity,
    price,
    fee,
    executed_at: new Date(ts),
  }));
}
