import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../src/index.ts';
import { type ConnectedRunner, connectRunner } from './support/connect-runner.ts';
import { liftLimits } from './support/lift-limits.ts';
import { type Persona, signUp } from './support/personas.ts';
import { type HeldBot, holdPosition, seedHeldBot } from './support/seed-lease.ts';
import { INTENT_AT, orderIntent, submitIntents } from './support/submit-intents.ts';

/** What the risk gate lets through and refuses, through PostgREST with a runner's token. */
let stack: TestStack;
let owner: Persona;
let runner: ConnectedRunner;
let postgres: pg.Client;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  postgres = new pg.Client({ connectionString: stack.databaseUrl() });
  await postgres.connect();
  await newAccount();
});

afterAll(async () => {
  await postgres?.end();
  await stack?.stop();
});

async function newAccount(): Promise<void> {
  owner = await signUp(stack, 'owner');
  runner = await connectRunner(stack, owner);
}

async function rows(statement: string, values: unknown[] = []) {
  return (await postgres.query(statement, values)).rows;
}

/** Codes of the decisions on intents with these changes, null for those let through. */
async function codes(bot: HeldBot, ...changes: Record<string, unknown>[]) {
  return (await submitIntents(bot, changes.map(orderIntent))).map(({ code }) => code);
}

async function limitAccount(limits: Database['public']['Tables']['account_limits']['Update']) {
  await owner.client.from('account_limits').update(limits).eq('user_id', owner.id).throwOnError();
}

function setRun(bot: HeldBot, assignments: string) {
  return postgres.query(`update public.trading_runs set ${assignments} where id = $1`, [bot.runId]);
}

describe('An order within the caps', () => {
  it('is let through, and reserves what it may cost and lose', async () => {
    const bot = await seedHeldBot(stack, runner);
    const [decision] = await submitIntents(bot, [orderIntent({ client_order_id: 'first', reason: 'entry' })]);
    expect(decision).toMatchObject({ client_order_id: 'first', accepted: true, code: null, message: null });
    expect(
      await rows('select *, market_day::text from public.orders where id = $1', [decision?.order_id]),
    ).toMatchObject([
      {
        run_id: bot.runId,
        status: 'new',
        reserved_value: '1000',
        reserved_risk: '50',
        reference_price: '100',
        market_day: '2024-01-02',
        reason: 'entry',
        refusal_code: null,
      },
    ]);
  });

  it('is listed in the audit log, in one entry with all others of the call', async () => {
    const bot = await seedHeldBot(stack, runner, { max_order_value: 1500 });
    await codes(bot, {}, { quantity: 20 });
    const action = `select * from public.audit_log where action = 'orders.decided' and resource_id = $1`;
    expect(await rows(action, [bot.runId])).toMatchObject([
      {
        actor: 'runner',
        actor_id: runner.session_id,
        user_id: owner.id,
        details: { orders: [{ refusal_code: null }, { refusal_code: 'max_order_value_exceeded' }] },
      },
    ]);
  });

  it('gets the same decision when it is submitted again', async () => {
    const bot = await seedHeldBot(stack, runner, { max_order_value: 1500 });
    const intents = [orderIntent(), orderIntent({ quantity: 20 })];
    const decisions = await submitIntents(bot, [...intents, ...intents]);
    expect(decisions.map(({ accepted }) => accepted)).toEqual([true, false, true, false]);
    expect(decisions.slice(2)).toEqual(decisions.slice(0, 2));
    const later = intents.map((one) => ({ ...one, reference_price: 101, at: '2024-01-02T16:00:00Z' }));
    expect(await submitIntents(bot, later)).toEqual(decisions.slice(0, 2));
    expect(await rows('select from public.orders where run_id = $1', [bot.runId])).toHaveLength(2);
  });

  it.each([{ quantity: 11 }, { side: 'sell', stop_loss: 105 }, { symbol: 'BTC/USDT' }, { stop_loss: 96 }])(
    'is refused under a name that an order without %j has, and changes nothing',
    async (changes) => {
      const bot = await seedHeldBot(stack, runner);
      const first = orderIntent();
      await submitIntents(bot, [first]);
      const before = await rows('select * from public.orders where run_id = $1', [bot.runId]);
      expect(await submitIntents(bot, [{ ...first, ...changes }])).toMatchObject([
        { accepted: false, order_id: null, code: 'duplicate_client_order_id' },
      ]);
      expect(await rows('select * from public.orders where run_id = $1', [bot.runId])).toEqual(before);
    },
  );

  it('keeps its decision, whatever the broker says of it', async () => {
    const bot = await seedHeldBot(stack, runner);
    const intent = orderIntent();
    const decided = await submitIntents(bot, [intent]);
    await postgres.query(`update public.orders set status = 'rejected', reject_reason = 'no funds' where run_id = $1`, [
      bot.runId,
    ]);
    expect(await submitIntents(bot, [intent])).toEqual(decided);
  });
});

describe('A cap', () => {
  it.each([
    ['risk_per_trade', 50, {}, { stop_loss: 94.99 }],
    ['risk_per_trade', 1000, { stop_loss: undefined }, { stop_loss: undefined, quantity: 10.01 }],
    ['max_order_value', 1000, {}, { quantity: 10.000001 }],
  ])('%s of %i holds one order', async (cap, value, within, over) => {
    const bot = await seedHeldBot(stack, runner, { [cap]: value });
    expect(await codes(bot, over, within)).toEqual([`${cap}_exceeded`, null]);
  });

  it.each([
    ['max_symbol_exposure', 2000, [null, null, 'max_symbol_exposure_exceeded', null]],
    ['daily_risk_cap', 110, [null, null, 'daily_risk_cap_exceeded', 'daily_risk_cap_exceeded']],
    ['max_open_positions', 1, [null, null, null, 'max_open_positions_exceeded']],
    ['max_daily_trades', 3, [null, null, null, 'max_daily_trades_exceeded']],
  ])('%s of %i holds orders together', async (cap, value, expected) => {
    const bot = await seedHeldBot(stack, runner, { [cap]: value });
    expect(await codes(bot, {}, {}, {}, { symbol: 'BTC/USDT' })).toEqual(expected);
  });

  it('is free again once an order ends without a fill', async () => {
    const bot = await seedHeldBot(stack, runner, {
      max_daily_trades: 1,
      max_symbol_exposure: 1000,
      daily_risk_cap: 50,
    });
    expect(await codes(bot, {}, {})).toEqual([null, 'daily_risk_cap_exceeded']);
    await postgres.query(`update public.orders set status = 'cancelled' where run_id = $1 and status = 'new'`, [
      bot.runId,
    ]);
    expect(await codes(bot, {})).toEqual([null]);
  });

  it('holds through fills, which move what an order has at stake to the position', async () => {
    const bot = await seedHeldBot(stack, runner, { daily_risk_cap: 50 });
    const intent = orderIntent();
    await submitIntents(bot, [intent]);
    const fill = {
      kind: 'fill',
      client_order_id: intent.client_order_id,
      symbol: 'ACME',
      side: 'buy',
      price: 100,
      at: INTENT_AT,
    };
    await bot.runner.client
      .rpc('report_run', {
        p_run_id: bot.runId,
        p_fencing_token: 1,
        p_first_seq: 1,
        p_items: [
          { kind: 'order', client_order_id: intent.client_order_id, status: 'submitted', at: INTENT_AT },
          { ...fill, quantity: 4, external_id: 'x1' },
        ],
      })
      .throwOnError();
    const atStake = `select o.reserved_risk as ordered, p.reserved_risk as held from public.orders o join public.positions p using (run_id) where run_id = $1 and o.status <> 'rejected'`;
    expect(await rows(atStake, [bot.runId])).toEqual([{ ordered: '30', held: '20' }]);
    expect(await codes(bot, { quantity: 0.1 })).toEqual(['daily_risk_cap_exceeded']);
    const rest = { ...fill, quantity: 6, external_id: 'x2' };
    await bot.runner.client
      .rpc('report_run', { p_run_id: bot.runId, p_fencing_token: 1, p_first_seq: 3, p_items: [rest] })
      .throwOnError();
    expect(await rows(atStake, [bot.runId])).toEqual([{ ordered: '0', held: '50' }]);
    expect(await codes(bot, { quantity: 0.1 })).toEqual(['daily_risk_cap_exceeded']);
  });

  it('counts what is held at its latest price, or at its entry before there is one', async () => {
    const bot = await seedHeldBot(stack, runner, { max_symbol_exposure: 3000 });
    await holdPosition(postgres, bot, { mark_price: 190 });
    expect(await codes(bot, { quantity: 11.1 }, { quantity: 11 })).toEqual(['max_symbol_exposure_exceeded', null]);
    const other = await seedHeldBot(stack, runner, { max_symbol_exposure: 3000 });
    await holdPosition(postgres, other, { direction: 'short' });
    expect(await codes(other, { quantity: 20.1 }, { quantity: 20 })).toEqual(['max_symbol_exposure_exceeded', null]);
  });

  it('of the day counts the loss so far, what positions have at stake, and the order', async () => {
    const bot = await seedHeldBot(stack, runner, { daily_risk_cap: 200 });
    await holdPosition(postgres, bot);
    await setRun(bot, `market_day = '2024-01-02', daily_pnl = -100`);
    expect(await codes(bot, { stop_loss: 94.9 }, {}, { quantity: 0.1 })).toEqual([
      'daily_risk_cap_exceeded',
      null,
      'daily_risk_cap_exceeded',
    ]);
  });

  it('of the day does not count the loss of another day, and grows by no profit', async () => {
    const bot = await seedHeldBot(stack, runner, { daily_risk_cap: 100 });
    await setRun(bot, `market_day = '2024-01-01', daily_pnl = -100`);
    expect(await codes(bot, {})).toEqual([null]);
    await setRun(bot, `market_day = '2024-01-02', daily_pnl = 1000`);
    expect(await codes(bot, {}, {})).toEqual([null, 'daily_risk_cap_exceeded']);
  });

  it('of the day is not brought back by an order of an earlier day', async () => {
    const bot = await seedHeldBot(stack, runner, { daily_risk_cap: 100, schedule_timezone: 'America/New_York' });
    await setRun(bot, `market_day = '2024-01-02', daily_pnl = -100`);
    expect(await codes(bot, { at: '2024-01-01T15:00:00Z' })).toEqual(['daily_risk_cap_exceeded']);
    // Still the second of January in New York.
    expect(await codes(bot, { at: '2024-01-03T04:59:00Z' })).toEqual(['daily_risk_cap_exceeded']);
    expect(await codes(bot, { at: '2024-01-03T05:00:00Z' })).toEqual([null]);
  });

  it('of the day goes by the clock of the exchange that the bot follows', async () => {
    // Midnight in Tokyo is 15:00 by UTC, in the middle of the session of New York; midnight in New York is 5:00 by UTC.
    const settings = { daily_risk_cap: 100, schedule_timezone: 'Asia/Tokyo' };
    const stocks = await seedHeldBot(stack, runner, { ...settings, schedule_exchange: 'NYSE' });
    await setRun(stocks, `market_day = '2024-01-02', daily_pnl = -100`);
    expect(await codes(stocks, { at: '2024-01-02T14:59:59Z' }, { at: '2024-01-02T15:00:00Z' })).toEqual(
      Array(2).fill('daily_risk_cap_exceeded'),
    );
    expect(await codes(stocks, { at: '2024-01-03T14:59:59Z' })).toEqual([null]);
    const currencies = await seedHeldBot(stack, runner, { ...settings, schedule_exchange: 'FX' });
    await setRun(currencies, `market_day = '2024-01-02', daily_pnl = -100`);
    expect(await codes(currencies, { at: '2024-01-03T04:59:59Z' })).toEqual(['daily_risk_cap_exceeded']);
    expect(await codes(currencies, { at: '2024-01-03T05:00:00Z' })).toEqual([null]);
    expect(
      await rows(`select market_day::text from public.orders where bot_id = $1 and status <> 'rejected'`, [
        currencies.botId,
      ]),
    ).toEqual([{ market_day: '2024-01-03' }]);
  });

  it('on entries counts those of the day, and in a replay those of the run alone', async () => {
    const bot = await seedHeldBot(stack, runner, { max_daily_trades: 1 });
    expect(await codes(bot, {}, {}, { at: '2024-01-03T15:00:00Z' })).toEqual([null, 'max_daily_trades_exceeded', null]);
    await setRun(bot, `status = 'stopped'`);
    const again = crypto.randomUUID();
    await postgres.query(`insert into public.trading_runs (id, bot_id, user_id, mode) values ($1, $2, $3, 'PAPER')`, [
      again,
      bot.botId,
      owner.id,
    ]);
    await postgres.query('update public.bot_leases set run_id = $1 where bot_id = $2', [again, bot.botId]);
    expect(await codes({ ...bot, runId: again }, {}, {})).toEqual([null, 'max_daily_trades_exceeded']);
  });

  it('on drawdown is measured from the highest balance', async () => {
    const bot = await seedHeldBot(stack, runner, { initial_balance: 1000, max_drawdown_pct: 10 });
    await setRun(bot, 'peak_pnl = 1000, total_pnl = 801');
    expect(await codes(bot, {})).toEqual([null]);
    await setRun(bot, 'total_pnl = 800');
    expect(await codes(bot, {})).toEqual(['max_drawdown_exceeded']);
  });

  it('on drawdown refuses where a loss can be measured against no balance', async () => {
    const bot = await seedHeldBot(stack, runner, { initial_balance: null, max_drawdown_pct: 10 });
    expect(await codes(bot, {})).toEqual([null]);
    await setRun(bot, 'total_pnl = -1');
    expect(await codes(bot, {})).toEqual(['max_drawdown_exceeded']);
  });

  it('of the day, once reached, is told of once a day', async () => {
    const bot = await seedHeldBot(stack, runner, { daily_risk_cap: 50 });
    expect(await codes(bot, { quantity: 11 })).toEqual(['daily_risk_cap_exceeded']);
    const events = 'select type, metadata from public.bot_events where bot_id = $1 order by id';
    expect(await rows(events, [bot.botId])).toEqual([]);
    await codes(bot, {}, {}, {});
    await codes(bot, {});
    await codes(bot, { at: '2024-01-03T15:00:00Z' }, { at: '2024-01-03T15:01:00Z' });
    expect(await rows(events, [bot.botId])).toEqual(
      ['2024-01-02', '2024-01-03'].map((market_day) => ({ type: 'daily_risk_cap_reached', metadata: { market_day } })),
    );
    const { data } = await owner.client.from('alert_history').select('alert_type, run_id').eq('bot_id', bot.botId);
    expect(data).toEqual(Array(2).fill({ alert_type: 'risk', run_id: bot.runId }));
  });
});

describe('A limit of the account', () => {
  beforeEach(newAccount);

  it.each([
    [{ max_order_value: 999 }, ['account_order_value_exceeded', 'account_order_value_exceeded']],
    [{ max_symbol_exposure: 1500 }, [null, 'account_symbol_exposure_exceeded']],
    [{ max_exposure: 1500 }, [null, 'account_exposure_exceeded']],
    [{ daily_loss_cap: 99 }, [null, 'account_daily_loss_exceeded']],
    [{ max_open_orders: 1 }, [null, 'account_open_orders_exceeded']],
  ])('of %j holds all bots of the account together', async (limits, expected) => {
    await limitAccount(limits);
    const [first, second] = [await seedHeldBot(stack, runner), await seedHeldBot(stack, runner)];
    expect([...(await codes(first, {})), ...(await codes(second, {}))]).toEqual(expected);
  });

  it('of the day counts the losses of all bots on that day, less what others have won', async () => {
    await limitAccount({ daily_loss_cap: 100 });
    const at = new Date().toISOString();
    const day = at.slice(0, 10);
    const [first, second] = [await seedHeldBot(stack, runner), await seedHeldBot(stack, runner)];
    await setRun(first, `market_day = '${day}', daily_pnl = -60`);
    expect(await codes(second, { at })).toEqual(['account_daily_loss_exceeded']);
    await setRun(second, `market_day = '${day}', daily_pnl = 20`);
    expect(await codes(second, { at })).toEqual([null]);
  });

  it('of the day counts the loss of each bot by the day of the exchange that it follows', async () => {
    await limitAccount({ daily_loss_cap: 100 });
    // It is never the same day in Pago Pago and in Kiritimati, which are 25 hours apart.
    await postgres.query(
      `insert into public.exchange_sessions (exchange, description, days, timezone) values ('SAMOA', 'Samoa', '{1,2,3,4,5,6,7}', 'Pacific/Pago_Pago')`,
    );
    const settings = { schedule_exchange: 'SAMOA', schedule_timezone: 'Pacific/Kiritimati' };
    const [first, second] = [await seedHeldBot(stack, runner, settings), await seedHeldBot(stack, runner)];
    const at = new Date();
    const day = new Date(at.getTime() - 11 * 3_600_000).toISOString().slice(0, 10);
    await setRun(first, `market_day = '${day}', daily_pnl = -60`);
    expect(await codes(second, { at: at.toISOString() })).toEqual(['account_daily_loss_exceeded']);
  });

  it('does not count bots of the other mode', async () => {
    await limitAccount({ max_exposure: 1000, max_open_orders: 1 });
    const [paper, live] = [await seedHeldBot(stack, runner), await seedHeldBot(stack, runner)];
    await setRun(live, `mode = 'LIVE'`);
    expect([...(await codes(live, {})), ...(await codes(paper, {}, {}))]).toEqual([
      null,
      null,
      'account_exposure_exceeded',
    ]);
  });
});

describe('An option', () => {
  beforeAll(newAccount);

  const option = { underlying: 'ACME', strike: 90, right: 'put' };
  const sold = {
    symbol: 'ACME240119P90',
    side: 'sell',
    multiplier: 100,
    quantity: 1,
    reference_price: 2,
    option_details: option,
  };

  it('that is bought may cost and lose its premium', async () => {
    const bot = await seedHeldBot(stack, runner, { max_order_value: 200, risk_per_trade: 200 });
    const bought = { ...sold, side: 'buy', stop_loss: undefined };
    expect(await codes(bot, bought, { ...bought, quantity: 2 })).toEqual([null, 'risk_per_trade_exceeded']);
  });

  it('that is sold counts with its strike, and with its stop where it has one', async () => {
    const bot = await seedHeldBot(stack, runner, { max_order_value: 9000 });
    await codes(bot, { ...sold, stop_loss: 5 }, { ...sold, stop_loss: undefined });
    const reserved = 'select reserved_value, reserved_risk from public.orders where run_id = $1 order by reserved_risk';
    expect(await rows(reserved, [bot.runId])).toEqual([
      { reserved_value: '9000', reserved_risk: '300' },
      { reserved_value: '9000', reserved_risk: '9000' },
    ]);
    expect(await codes(bot, { ...sold, stop_loss: 5, option_details: { underlying: 'ACME' } })).toEqual([
      'invalid_order',
    ]);
  });

  it('counts with what it is on, which the bot must trade', async () => {
    const bot = await seedHeldBot(stack, runner, { max_symbol_exposure: 1000 });
    const bought = { ...sold, side: 'buy', stop_loss: 1 };
    expect(
      await codes(
        bot,
        bought,
        { quantity: 9 },
        { ...bought, option_details: { ...option, underlying: 'MSFT' } },
        { ...bought, option_details: undefined },
      ),
    ).toEqual([null, 'max_symbol_exposure_exceeded', 'symbol_not_allowed', 'symbol_not_allowed']);
  });
});
