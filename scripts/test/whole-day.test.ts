import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunState, RunWatch, TradeRow, UserEvent, UserWatch } from '@tradebase/client';
import type { BacktestResult, Trade } from '@tradebase/engine';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from '../../packages/client/test/support/as-role.ts';
import { invoke } from '../../packages/client/test/support/invoke.ts';
import { liftLimits } from '../../packages/client/test/support/lift-limits.ts';
import { type Persona, signUp } from '../../packages/client/test/support/personas.ts';
import { referenceDataPresent, referenceTitle } from '../../packages/engine/test/support/reference-data.ts';
import { RunnerProgram } from '../../packages/runner/test/support/runner-program.ts';
import { storeDay } from '../chaos/made-up-day.ts';
import { backtestOf, botsOf, type DayBot } from './support/day-bots.ts';
import { madeUpTradingDay, recordedTradingDay, type TradingDay } from './support/trading-days.ts';

/** A user, a browser, a runner and a day of the market, from the key to the last position that is closed. */
let stack: TestStack;
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  stack = await startStack({ functions: true });
  await liftLimits(stack);
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(() => stack?.stop());

/** How long the day may take on a machine that has other things to do. */
const MOST_DAY_MS = 60_000;

/** One of the bots of a day, and what a browser knows of its run. */
interface Trading {
  readonly bot: DayBot;
  readonly botId: string;
  readonly runId: string;
  readonly watch: RunWatch;
  readonly backtest: BacktestResult;
}

/** Calls the function `api` as a frontend does, and returns what it answers. */
async function call({ client }: Persona, method: 'GET' | 'POST', path: string, body?: object) {
  const answer = await invoke(client, method, `api${path}`, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function makeBot(owner: Persona, day: TradingDay, { name, kind, strategy, symbols, settings }: DayBot) {
  const named =
    kind === 'built-in'
      ? { strategy_type: strategy.name, parameters: strategy.params }
      : { strategy_id: (await call(owner, 'POST', '/strategies', { name, spec: strategy })).id };
  const { initial_cash: initial_balance } = day;
  const bot = await call(owner, 'POST', '/bots', {
    name,
    ...named,
    symbols,
    timeframe: '1m',
    initial_balance,
    settings,
  });
  return String(bot.id);
}

async function startRunner(owner: Persona, { from_ms, to_ms }: TradingDay): Promise<RunnerProgram> {
  const permissions = ['runner:connect', 'runner:execute', 'data:read'];
  const { key } = await call(owner, 'POST', '/keys', { name: 'My machine', permissions });
  const stateDir = await mkdtemp(join(tmpdir(), 'runner-'));
  const range = ['--from', new Date(from_ms).toISOString(), '--to', new Date(to_ms).toISOString()];
  const program = new RunnerProgram(stack, key, stateDir, ['--feed', 'replay', '--speed', 'max', ...range]);
  cleanups.push(async () => {
    await program.end('SIGKILL');
    await rm(stateDir, { recursive: true, force: true });
  });
  return program;
}

/** Starts a bot, and watches its run from then on. */
async function startBot(owner: Persona, day: TradingDay, bot: DayBot, botId: string): Promise<Trading> {
  const { run_id: runId } = await call(owner, 'POST', `/bots/${botId}/start`);
  const watch = owner.client.runs.watch(runId, { max_logs: 100_000 });
  cleanups.push(() => watch.stop());
  await watch.ready;
  return { bot, botId, runId, watch, backtest: backtestOf(day, bot) };
}

function stateOf({ watch }: Trading): RunState {
  if (!watch.state) throw new Error('the run was not read yet');
  return watch.state;
}

/** That what was built from the feed alone is what the database has, row by row. */
async function expectRowsOfDatabase(trading: Trading): Promise<void> {
  const { rows } = await asPostgres(stack, (client) =>
    client.query(
      `select to_jsonb(r) as run,
         array(select to_jsonb(o) from public.orders o where o.run_id = r.id order by o.id) as orders,
         array(select to_jsonb(p) from public.positions p where p.run_id = r.id order by p.id) as positions,
         array(select to_jsonb(t) from public.trades t where t.run_id = r.id order by t.id) as trades,
         array(select to_jsonb(f) from public.fills f where f.run_id = r.id order by f.seq) as fills,
         array(select to_jsonb(l) - '{run_id,user_id,created_at}'::text[] from public.run_logs l where l.run_id = r.id order by l.seq) as logs
       from public.trading_runs r where r.id = $1`,
      [trading.runId],
    ),
  );
  const [stored] = rows;
  const { run, orders, positions, trades, fills, logs } = stateOf(trading);
  const byId = <T extends { id: string }>(map: ReadonlyMap<string, T>) =>
    [...map.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  expect(byId(orders)).toEqual(stored.orders);
  expect(byId(positions)).toEqual(stored.positions);
  expect(byId(trades)).toEqual(stored.trades);
  expect(fills).toEqual(stored.fills);
  expect(logs).toEqual(stored.logs);
  expect(stored.run).toMatchObject(run);
}

/** That the ledger is the backtest of the same candles. */
function expectBacktest(trading: Trading): void {
  const { backtest, bot } = trading;
  const { run, fills, trades, positions } = stateOf(trading);
  const symbolOf = (instrument: number) => bot.symbols[instrument];
  expect(
    fills.map(({ symbol, side, quantity, price, fee, executed_at }) => {
      return { symbol, side, quantity, price, fee, ts: Date.parse(executed_at) };
    }),
  ).toEqual(
    backtest.fills?.map(({ instrument, side, quantity, price, fee, ts }) => {
      return { symbol: symbolOf(instrument), side, quantity, price, fee, ts };
    }),
  );
  const closed = [...trades.values()].filter(({ status }) => status === 'closed').map(ledgerTrade);
  const expected = [...backtest.trades].map((trade) => backtestTrade(trade, symbolOf(trade.instrument)));
  expectSameTrades(closed, expected, backtest.initial_cash);
  const held = [...positions.values()].filter(({ status }) => status === 'open');
  expect(held.map((each) => [each.symbol, unlessRounding(each.open_quantity), each.direction]).sort()).toEqual(
    backtest.open_positions
      .map(({ instrument, quantity }) => [
        symbolOf(instrument),
        unlessRounding(Math.abs(quantity)),
        quantity > 0 ? 'long' : 'short',
      ])
      .sort(),
  );
  const equity = backtest.equity.at(-1) ?? Number.NaN;
  expect(Math.abs(backtest.initial_cash + run.total_pnl - equity)).toBeLessThan(1e-9 * backtest.initial_cash);
}

/** Parts of which a position is made add up to it but for rounding. */
const unlessRounding = (quantity: number) => quantity.toPrecision(12);

/** What a trade was, apart from what rounding touches. */
interface ComparedTrade {
  readonly what: string;
  readonly quantity: number;
  readonly fee: number;
  readonly pnl: number;
}

function ledgerTrade(trade: TradeRow): ComparedTrade {
  const { symbol, direction, entry_at, entry_price, exit_at, exit_price, quantity, exit_reason } = trade;
  const times = [entry_at, exit_at ?? ''].map((time) => Date.parse(time));
  return {
    what: [symbol, direction, ...times, entry_price, exit_price, exit_reason].join(' '),
    quantity,
    fee: trade.commission,
    pnl: trade.net_pnl ?? Number.NaN,
  };
}

function backtestTrade(trade: Trade, symbol: string | undefined): ComparedTrade {
  const { side, entry_ts, exit_ts, entry_price, exit_price, exit_reason, quantity, fee, pnl } = trade;
  const what = [symbol, side, entry_ts, exit_ts, entry_price, exit_price, exit_reason].join(' ');
  return { what, quantity, fee, pnl };
}

/** The same trades: times, prices and reasons exactly, quantities and sums but for rounding. */
function expectSameTrades(actual: readonly ComparedTrade[], expected: readonly ComparedTrade[], cash: number): void {
  const inOrder = (trades: readonly ComparedTrade[]) =>
    trades.toSorted((a, b) => a.what.localeCompare(b.what) || a.quantity - b.quantity);
  const [ledger, backtest] = [inOrder(actual), inOrder(expected)];
  expect(ledger.map(({ what }) => what)).toEqual(backtest.map(({ what }) => what));
  for (const [n, trade] of ledger.entries()) {
    const { quantity, fee, pnl } = backtest[n] ?? trade;
    expect(Math.abs(trade.quantity - quantity)).toBeLessThan(1e-12 * quantity);
    expect(Math.abs(trade.fee - fee)).toBeLessThan(1e-12 * cash);
    expect(Math.abs(trade.pnl - pnl)).toBeLessThan(1e-12 * cash);
  }
}

/** That nothing of what makes a day hard was left out. */
function expectVariety(tradings: readonly Trading[]): void {
  const states = tradings.map(stateOf);
  const parts = new Map<string, number>();
  for (const { fills } of states)
    for (const { order_id } of fills) parts.set(order_id ?? '', (parts.get(order_id ?? '') ?? 0) + 1);
  const reasons = new Set(states.flatMap(({ trades }) => [...trades.values()].map(({ exit_reason }) => exit_reason)));
  expect([...parts.values()].filter((count) => count > 1).length).toBeGreaterThan(10);
  expect([...reasons]).toEqual(expect.arrayContaining(['signal', 'stop_loss', 'take_profit', 'trailing_stop']));
  for (const { fills, logs, trades } of states) {
    expect(fills.length).toBeGreaterThan(15);
    expect(logs.length).toBeGreaterThan(15);
    expect(trades.size).toBeGreaterThan(5);
    expect(fills.every(({ fee }) => fee > 0)).toBe(true);
  }
}

/** Waits until a browser sees every run done with the last bar of the day. */
async function untilEvening(tradings: readonly Trading[], { to_ms }: TradingDay): Promise<void> {
  for (const trading of tradings) {
    const lastBar = () => Date.parse(stateOf(trading).run.last_bar_at ?? '');
    await expect.poll(lastBar, { timeout: MOST_DAY_MS }).toBe(to_ms);
  }
}

/** The user stops what still runs, and a browser sees everything closed. */
async function closeDay(owner: Persona, tradings: readonly Trading[], user: UserWatch): Promise<void> {
  for (const trading of tradings) {
    if (stateOf(trading).run.status === 'running') await call(owner, 'POST', `/bots/${trading.botId}/stop`);
  }
  for (const trading of tradings) {
    await expect.poll(() => stateOf(trading).run.status, { timeout: MOST_DAY_MS }).not.toBe('running');
    await expect.poll(() => user.state.bots.get(trading.botId)?.status).toBe('stopped');
    await expectRowsOfDatabase(trading);
    const { orders, positions, trades } = stateOf(trading);
    expect([...orders.values()].filter(({ finished_at }) => finished_at === null)).toEqual([]);
    expect([...positions.values(), ...trades.values()].filter(({ status }) => status === 'open')).toEqual([]);
  }
}

async function playDay(day: TradingDay): Promise<void> {
  await asPostgres(stack, async (client) => {
    for (const instrument of day.instruments) await storeDay(client, instrument);
  });
  const owner = await signUp(stack, 'trader');
  cleanups.push(async () => owner.client.realtime.disconnect());
  const bots = botsOf(day);
  const botIds = await Promise.all(bots.map((bot) => makeBot(owner, day, bot)));
  const heard: UserEvent[] = [];
  const user = owner.client.user.watch({ onChange: (_, { events }) => heard.push(...events) });
  cleanups.push(() => user.stop());
  await user.ready;
  const runner = await startRunner(owner, day);
  await expect.poll(() => [...user.state.runners.values()]).toMatchObject([{ status: 'connected' }]);

  const tradings = await Promise.all(bots.map((bot, n) => startBot(owner, day, bot, botIds[n] ?? '')));
  await untilEvening(tradings, day);
  for (const trading of tradings) {
    await expectRowsOfDatabase(trading);
    expectBacktest(trading);
  }
  expectVariety(tradings);
  await closeDay(owner, tradings, user);
  for (const { botId } of tradings) {
    const statuses = heard.flatMap(({ name, event }) =>
      name === 'bot_status' && event.bot_id === botId ? [event.status] : [],
    );
    expect([statuses.slice(0, 2), statuses.at(-1)]).toEqual([['starting', 'running'], 'stopped']);
  }
  expect(runner.output).not.toContain('the server refused a report');
}

describe('A whole day of trading', () => {
  it(
    'that is made up is in the browser what it is in the ledger, and in the ledger what it is in a backtest',
    () => playDay(madeUpTradingDay()),
    2 * MOST_DAY_MS,
  );

  it.skipIf(!referenceDataPresent)(
    referenceTitle('as it was on a crypto market is so too'),
    () => playDay(recordedTradingDay()),
    2 * MOST_DAY_MS,
  );
});
