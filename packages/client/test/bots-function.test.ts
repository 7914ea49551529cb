import { Bot, BotControl, BotDetail, BotPerformance, EmergencyStop } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { invoke } from './support/invoke.ts';
import { liftLimits } from './support/lift-limits.ts';
import { grantRole, type Persona, signUp, signUpAdmin, signUpAs } from './support/personas.ts';
import { seedMarket } from './support/seed-market.ts';
import { acknowledgeAll, type SeededRunner, seedRunner } from './support/seed-runner.ts';

/** Bots and emergency stops through the functions api and admin: what a frontend calls. */
let stack: TestStack;
let owner: Persona;
let other: Persona;
let runner: SeededRunner;

const BOT = { strategy_type: 'sma-cross', symbols: ['acme'], timeframe: '1d', initial_balance: 1000 };

beforeAll(async () => {
  stack = await startStack({ functions: true });
  await Promise.all([seedMarket(stack), liftLimits(stack)]);
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
  runner = await seedRunner(stack, owner, 'machine');
});

afterAll(() => stack?.stop());

const call = ({ client }: Persona, method: Parameters<typeof invoke>[1], path: string, body?: object) =>
  invoke(client, method, `api${path}`, body);

async function create(name: string, body: object = {}): Promise<Bot> {
  const { status, body: created } = await call(owner, 'POST', '/bots', { name, ...BOT, ...body });
  expect([status, created]).toMatchObject([201, { name }]);
  return Bot.parse(created);
}

describe('POST /bots', () => {
  it('makes a stopped bot with a built-in strategy, its symbols in capitals', async () => {
    const bot = await create('Built-in', { parameters: { fast: 3, slow: 7 }, schedule_exchange: 'NYSE' });
    expect(bot).toMatchObject({
      strategy_type: 'sma-cross',
      strategy_id: null,
      parameters: { fast: 3, slow: 7 },
      symbols: ['ACME'],
      mode: 'PAPER',
      status: 'stopped',
      schedule_exchange: 'NYSE',
    });
  });

  it('takes the latest version of a strategy of the user', async () => {
    const strategy = await call(owner, 'POST', '/strategies', {
      name: 'Rules',
      spec: { name: 'crossing', long: { entry: 'close > sma(close, 5)' } },
    });
    const bot = await create('Of rules', { strategy_type: undefined, strategy_id: strategy.body.id });
    expect(bot).toMatchObject({ strategy_type: 'rules', strategy_id: strategy.body.id, strategy_version: 1 });
    const foreign = await call(other, 'POST', '/bots', {
      ...BOT,
      name: 'Thief',
      strategy_type: undefined,
      strategy_id: strategy.body.id,
    });
    expect([foreign.status, foreign.body.code]).toEqual([404, 'strategy_not_found']);
  });

  it('refuses what cannot run, and says why', async () => {
    await create('Taken');
    const refusals: [object, number, string][] = [
      [{ name: 'Taken' }, 409, 'bot_name_taken'],
      [{ name: 'Unknown', strategy_type: 'no-such-strategy' }, 422, 'invalid_request'],
      [{ name: 'Wrong', parameters: { fast: -3 } }, 422, 'invalid_request'],
      [{ name: 'Nothing', symbols: ['NOPE'] }, 422, 'unknown_symbol'],
      [{ name: 'Live', mode: 'LIVE' }, 422, 'live_caps_required'],
      [{ name: 'Field', status: 'running' }, 422, 'invalid_request'],
      [{ name: 'Exchange', schedule_exchange: 'MOON' }, 422, 'invalid_request'],
      [{ name: 'Zone', schedule_timezone: 'Moon/Crater' }, 422, 'invalid_request'],
    ];
    for (const [change, status, code] of refusals) {
      const answer = await call(owner, 'POST', '/bots', { ...BOT, ...change });
      expect([change, answer.status, answer.body.code]).toEqual([change, status, code]);
    }
  });

  it('is refused to a viewer', async () => {
    const viewer = await signUpAs(stack, 'viewer', 'viewer');
    const answer = await call(viewer, 'POST', '/bots', { ...BOT, name: 'Seen' });
    expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
  });
});

describe('A bot', () => {
  it('is listed, changed and deleted by its owner, and is not there for others', async () => {
    const { id } = await create('Mine');
    const list = await call(owner, 'GET', '/bots?limit=1&status=stopped');
    expect(list.body.items).toMatchObject([{ id }]);
    expect(list.body.total_count).toBeGreaterThan(1);
    expect(list.body.next_cursor).toEqual(expect.any(String));
    const changed = await call(owner, 'PUT', `/bots/${id}`, { parameters: { fast: 2, slow: 4 }, risk_per_trade: 5 });
    expect(changed.body).toMatchObject({ name: 'Mine', parameters: { fast: 2, slow: 4 }, risk_per_trade: 5 });
    expect((await call(owner, 'PUT', `/bots/${id}`, { parameters: { fast: 0 } })).status).toBe(422);
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PUT', '', { name: 'Theirs' }],
      ['DELETE', '', undefined],
      ['POST', '/start', {}],
      ['GET', '/runs', undefined],
      ['GET', '/performance', undefined],
    ] as const) {
      const answer = await call(other, method, `/bots/${id}${path}`, body);
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 404, 'bot_not_found']);
    }
    expect((await call(owner, 'DELETE', `/bots/${id}`)).status).toBe(204);
    expect((await call(owner, 'GET', `/bots/${id}`)).status).toBe(404);
  });

  it('is started, paused, resumed and stopped', async () => {
    const { id } = await create('Controlled');
    const control = async (action: string, body?: object) => {
      const answer = await call(owner, 'POST', `/bots/${id}/${action}`, body);
      expect([action, answer.status]).toEqual([action, 200]);
      return BotControl.parse(answer.body);
    };
    const started = await control('start', { runner_session_id: runner.sessionId });
    expect(started).toMatchObject({ status: 'starting', runner_session_id: runner.sessionId });
    await acknowledgeAll(stack, runner.sessionId);
    expect((await control('pause')).status).toBe('paused');
    expect((await control('resume')).status).toBe('running');
    const refused = await call(owner, 'PUT', `/bots/${id}`, { symbols: ['ACME'], timeframe: '1h' });
    expect([refused.status, refused.body.code]).toEqual([409, 'bot_not_stopped']);
    expect((await call(owner, 'DELETE', `/bots/${id}`)).body.code).toBe('bot_not_stopped');
    expect((await control('stop', { reason: 'done' })).status).toBe('stopping');
    await acknowledgeAll(stack, runner.sessionId);
    const runs = await call(owner, 'GET', `/bots/${id}/runs?status=stopped`);
    expect(runs.body).toMatchObject({ total_count: 1, items: [{ id: started.run_id, status: 'stopped' }] });
    const detail = BotDetail.parse((await call(owner, 'GET', `/bots/${id}`)).body);
    expect(detail).toMatchObject({ status: 'stopped', recent_runs: [{ id: started.run_id }] });
    expect((await call(owner, 'GET', `/bots/${id}/start`)).status).toBe(405);
  });
});

describe('GET /bots/:id/performance', () => {
  /** Gives a bot a run with closed round trips: when each was closed, its net profit and why. */
  async function trade({ id }: Bot, trips: readonly (readonly [string, number, string])[]): Promise<void> {
    await asPostgres(stack, async (postgres) => {
      const { rows } = await postgres.query(
        `insert into public.trading_runs (bot_id, user_id, mode) values ($1, $2, 'PAPER') returning id`,
        [id, owner.id],
      );
      for (const [exitAt, pnl, reason] of trips) {
        await postgres.query(
          `insert into public.trades (run_id, bot_id, user_id, symbol, direction, quantity, entry_at, entry_price, exit_at, exit_price,
             commission, gross_pnl, net_pnl, status, exit_reason)
           values ($1, $2, $3, 'ACME', 'long', 1, '2024-01-01Z', 100, $4, 100, 1, $5::numeric + 1, $5, 'closed', $6)`,
          [rows[0].id, id, owner.id, exitAt, pnl, reason],
        );
      }
    });
  }

  it('reckons with every closed trade, day by day in the time zone of the schedule', async () => {
    const bot = await create('Measured', { schedule_timezone: 'America/New_York' });
    await trade(bot, [
      ['2024-01-02T15:00Z', 30, 'take_profit'],
      // Still the second of January in New York.
      ['2024-01-03T02:00Z', -10, 'stop_loss'],
      ['2024-01-03T15:00Z', -40, 'stop_loss'],
      ['2024-01-04T15:00Z', 50, 'signal'],
    ]);
    const { metrics, daily_data, trade_outcomes } = BotPerformance.parse(
      (await call(owner, 'GET', `/bots/${bot.id}/performance`)).body,
    );
    expect(metrics).toMatchObject({
      total_pnl: 30,
      fees: 4,
      trade_count: 4,
      winning_trades: 2,
      losing_trades: 2,
      win_rate_pct: 50,
      profit_factor: 1.6,
      average_win: 40,
      average_loss: -25,
      largest_loss: -40,
      max_drawdown: 50,
      // From 1,030 down to 980.
      max_drawdown_pct: 4.8544,
      undefined_metrics: {},
    });
    expect(daily_data).toEqual([
      { date: '2024-01-02', pnl: 20, trade_count: 2, winning_trades: 1, cumulative_pnl: 20 },
      { date: '2024-01-03', pnl: -40, trade_count: 1, winning_trades: 0, cumulative_pnl: -20 },
      { date: '2024-01-04', pnl: 50, trade_count: 1, winning_trades: 1, cumulative_pnl: 30 },
    ]);
    expect(trade_outcomes).toEqual([
      { outcome: 'win', exit_reason: 'signal', trade_count: 1, total_pnl: 50 },
      { outcome: 'win', exit_reason: 'take_profit', trade_count: 1, total_pnl: 30 },
      { outcome: 'loss', exit_reason: 'stop_loss', trade_count: 2, total_pnl: -50 },
    ]);
    const range = 'start_date=2024-01-03&end_date=2024-01-03';
    const day = BotPerformance.parse((await call(owner, 'GET', `/bots/${bot.id}/performance?${range}`)).body);
    expect(day.metrics).toMatchObject({ total_pnl: -40, max_drawdown: 40, profit_factor: 0, average_win: null });
    const wrong = await call(owner, 'GET', `/bots/${bot.id}/performance?start_date=2024-01-03&end_date=2024-01-02`);
    expect(wrong.body.code).toBe('invalid_request');
  });

  it('says why a number is not there', async () => {
    const bot = await create('Idle', { initial_balance: null });
    const idle = BotPerformance.parse((await call(owner, 'GET', `/bots/${bot.id}/performance`)).body);
    expect(idle).toMatchObject({ metrics: { total_pnl: 0, max_drawdown: 0 }, daily_data: [], trade_outcomes: [] });
    expect(idle.metrics).toMatchObject({
      profit_factor: null,
      win_rate_pct: null,
      undefined_metrics: { profit_factor: 'no closed trades', max_drawdown_pct: 'the bot has no initial balance' },
    });
    await trade(bot, [['2024-01-02T15:00Z', 30, 'signal']]);
    const won = BotPerformance.parse((await call(owner, 'GET', `/bots/${bot.id}/performance`)).body);
    expect(won.metrics).toMatchObject({
      win_rate_pct: 100,
      profit_factor: null,
      undefined_metrics: { profit_factor: 'no losing trades' },
    });
  });
});

describe('Emergency stops', () => {
  it('are engaged, listed and released by the user', async () => {
    const engaged = await call(owner, 'POST', '/emergency-stop', { scope: 'user', reason: 'Smoke' });
    expect(engaged.status).toBe(201);
    const { id } = EmergencyStop.parse(engaged.body);
    const bot = await create('Halted');
    const refused = await call(owner, 'POST', `/bots/${bot.id}/start`);
    expect(refused.body.code).toBe('trading_halted');
    // The message names the call that follows.
    expect(refused.body.message).toContain(`(Smoke): release it with DELETE functions/v1/api/emergency-stop/${id}`);
    expect((await call(owner, 'GET', '/emergency-stops?engaged=true')).body.items).toMatchObject([{ id }]);
    expect((await call(other, 'GET', '/emergency-stops')).body.items).toEqual([]);
    expect((await call(other, 'DELETE', `/emergency-stop/${id}`)).body.code).toBe('halt_not_found');
    await grantRole(stack, owner, 'viewer');
    expect((await call(owner, 'DELETE', `/emergency-stop/${id}`)).body.code).toBe('forbidden');
    await grantRole(stack, owner, 'trader');
    const released = await call(owner, 'DELETE', `/emergency-stop/${id}`);
    expect(EmergencyStop.parse(released.body).released_by).toBe(owner.id);
    expect((await call(owner, 'GET', '/emergency-stops?engaged=true')).body.items).toEqual([]);
  });

  it('need a scope that fits', async () => {
    for (const body of [
      { scope: 'system', reason: 'Smoke' },
      { scope: 'bot', reason: 'Smoke' },
      { scope: 'user', reason: '  ' },
    ]) {
      expect((await call(owner, 'POST', '/emergency-stop', body)).body.code).toBe('invalid_request');
    }
  });

  it('of the whole system are for admins', async () => {
    const admin = await signUpAdmin(stack, 'admin');
    const refused = await invoke(owner.client, 'POST', 'admin/emergency-stop', { reason: 'Fire' });
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
    const { status, body } = await invoke(admin.client, 'POST', 'admin/emergency-stop', { reason: 'Fire' });
    expect([status, EmergencyStop.parse(body).scope]).toEqual([201, 'system']);
    const released = await invoke(admin.client, 'DELETE', `admin/emergency-stop/${body.id}`);
    expect(released.body.released_by).toBe(admin.id);
  });
});
