import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConnectedRunner, connectRunner } from './support/connect-runner.ts';
import { liftLimits } from './support/lift-limits.ts';
import { anonymous, asService, type Persona, signUp } from './support/personas.ts';
import { type HeldBot, holdPosition, seedHeldBot } from './support/seed-lease.ts';
import { orderIntent, submitIntents } from './support/submit-intents.ts';

/** Who may submit orders, when nothing is opened, and what reduces all the same. */
let stack: TestStack;
let owner: Persona;
let other: Persona;
let runner: ConnectedRunner;
let postgres: pg.Client;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
  runner = await connectRunner(stack, owner);
  postgres = new pg.Client({ connectionString: stack.databaseUrl() });
  await postgres.connect();
});

afterAll(async () => {
  await postgres?.end();
  await stack?.stop();
});

/** Codes of the decisions on intents with these changes, null for those let through. */
async function codes(bot: HeldBot, ...changes: Record<string, unknown>[]) {
  return (await submitIntents(bot, changes.map(orderIntent))).map(({ code }) => code);
}

async function ordersOf({ runId }: HeldBot): Promise<number> {
  const { rows } = await postgres.query('select count(*)::int from public.orders where run_id = $1', [runId]);
  return rows[0].count;
}

const SELL = { side: 'sell', reduce_only: true, stop_loss: undefined };

/** What a bot is in, and why it then opens nothing. */
const BARRED: [string, string, (bot: HeldBot) => Promise<unknown>][] = [
  ['paused', 'bot_not_running', ({ botId }) => setStatus(botId, 'paused')],
  ['stopping', 'bot_not_running', ({ botId }) => setStatus(botId, 'stopping')],
  ['in error', 'bot_not_running', ({ botId }) => setStatus(botId, 'error')],
  ['to be paused', 'bot_not_running', ({ botId }) => setLease(botId, `intent = 'pause'`)],
  ['not reconciled', 'not_reconciled', ({ botId }) => setLease(botId, 'reconciled = false')],
  ['halted', 'emergency_stop', (bot) => engage(`'bot', $1, $2`, [bot.runner.owner.id, bot.botId])],
];

function setStatus(botId: string, status: string) {
  return postgres.query('update public.bots set status = $2 where id = $1', [botId, status]);
}

function setLease(botId: string, assignment: string) {
  return postgres.query(`update public.bot_leases set ${assignment} where bot_id = $1`, [botId]);
}

function engage(values: string, parameters: string[] = []) {
  return postgres.query(
    `insert into public.trading_halts (scope, user_id, bot_id, reason) values (${values}, 'test')`,
    parameters,
  );
}

describe('A bot that is', () => {
  it.each(BARRED)('%s opens nothing (%s), and reduces what it holds', async (_, code, make) => {
    const bot = await seedHeldBot(stack, runner);
    await holdPosition(postgres, bot);
    await make(bot);
    expect(await codes(bot, {}, SELL, { ...SELL, quantity: 0.5 })).toEqual([code, null, null]);
  });

  it('outside of its hours opens nothing, and reduces what it holds', async () => {
    const hours = { schedule_start_time: '09:30', schedule_end_time: '16:00', schedule_timezone: 'America/New_York' };
    const bot = await seedHeldBot(stack, runner, hours);
    await holdPosition(postgres, bot);
    const [early, open] = ['2024-01-02T14:29:59Z', '2024-01-02T14:30:00Z'];
    expect(await codes(bot, { at: early }, { at: open }, { ...SELL, at: early })).toEqual([
      'outside_schedule',
      null,
      null,
    ]);
  });
});

describe('An emergency stop', () => {
  it('of a user or a bot stops nobody else, and that of the system everybody, until it is released', async () => {
    const stranger = await connectRunner(stack, other);
    const [stopped, free] = [await seedHeldBot(stack, stranger), await seedHeldBot(stack, runner)];
    await engage(`'user', $1, null`, [other.id]);
    await engage(`'bot', $1, $2`, [owner.id, (await seedHeldBot(stack, runner)).botId]);
    expect([...(await codes(stopped, {})), ...(await codes(free, {}))]).toEqual(['emergency_stop', null]);
    await engage(`'system', null, null`);
    expect(await codes(free, {})).toEqual(['emergency_stop']);
    await postgres.query('update public.trading_halts set released_at = now()');
    expect([...(await codes(stopped, {})), ...(await codes(free, {}))]).toEqual([null, null]);
  });
});

describe('An order that is to reduce', () => {
  it('passes whatever the caps say, and takes nothing of them', async () => {
    const bot = await seedHeldBot(stack, runner, {
      max_order_value: 1,
      risk_per_trade: 1,
      daily_risk_cap: 1,
      symbols: ['MSFT'],
    });
    await holdPosition(postgres, bot);
    expect(await codes(bot, {}, SELL)).toEqual(['symbol_not_allowed', null]);
    const { rows } = await postgres.query(
      `select reserved_value, reserved_risk, market_day from public.orders where run_id = $1 and status = 'new'`,
      [bot.runId],
    );
    expect(rows).toEqual([{ reserved_value: '0', reserved_risk: '0', market_day: null }]);
  });

  it('may be the whole of the position, as both the stop and the target of a bracket are', async () => {
    const bot = await seedHeldBot(stack, runner);
    await holdPosition(postgres, bot, { direction: 'short', open_quantity: 7 });
    const cover = { side: 'buy', reduce_only: true, stop_loss: undefined, quantity: 7 };
    expect(
      await codes(bot, { ...cover, type: 'stop', stop_price: 110 }, { ...cover, type: 'take_profit', limit_price: 90 }),
    ).toEqual([null, null]);
  });

  it.each([
    ['is larger than the position', { ...SELL, quantity: 10.001 }],
    ['is on the side of the position', { ...SELL, side: 'buy' }],
    ['is in another symbol', { ...SELL, symbol: 'BTC/USDT' }],
  ])('is refused where it %s', async (_, changes) => {
    const bot = await seedHeldBot(stack, runner);
    await holdPosition(postgres, bot);
    expect(await codes(bot, changes)).toEqual(['nothing_to_reduce']);
  });

  it('is refused where nothing is open, or another run holds it', async () => {
    const [bot, holder] = [await seedHeldBot(stack, runner), await seedHeldBot(stack, runner)];
    await holdPosition(postgres, holder);
    await holdPosition(postgres, bot, { status: 'closed', open_quantity: 0, closed_at: '2024-01-02T14:30:00Z' });
    expect(await codes(bot, SELL)).toEqual(['nothing_to_reduce']);
  });

  it('may be larger by the rounding of doubles', async () => {
    const bot = await seedHeldBot(stack, runner);
    await holdPosition(postgres, bot, { open_quantity: 0.3 });
    expect(await codes(bot, { ...SELL, quantity: 0.1 + 0.2 })).toEqual([null]);
  });
});

describe('An order of a report', () => {
  const TERMS = { symbol: 'ACME', side: 'sell', type: 'stop', stop_price: 95, quantity: 10 };

  async function admit(bot: HeldBot, terms: object, name = 'stop') {
    const { rows } = await postgres.query(
      `select (a).* from (select private.admit_reducing_order(l, $2, $3) as a from public.bot_leases l where l.bot_id = $1) admitted`,
      [bot.botId, JSON.stringify(terms), name],
    );
    return rows[0];
  }

  it('is made where it reduces, once', async () => {
    const bot = await seedHeldBot(stack, runner);
    await holdPosition(postgres, bot);
    const made = await admit(bot, TERMS);
    expect(made).toMatchObject({
      run_id: bot.runId,
      client_order_id: 'stop',
      reduce_only: true,
      status: 'new',
      reserved_value: '0',
    });
    expect((await admit(bot, TERMS)).id).toBe(made.id);
    await expect(admit(bot, { ...TERMS, stop_price: 96 })).rejects.toThrow('duplicate_client_order_id');
  });

  it.each([
    [{ ...TERMS, quantity: 11 }, 'nothing_to_reduce'],
    [{ ...TERMS, side: 'buy' }, 'nothing_to_reduce'],
    [{ ...TERMS, quantity: '10' }, 'invalid_order'],
    [{ ...TERMS, reduce_only: false }, 'invalid_order'],
    [{ ...TERMS, stop_price: undefined }, 'invalid_order'],
  ])('with the terms %j is refused as %s', async (terms, code) => {
    const bot = await seedHeldBot(stack, runner);
    await holdPosition(postgres, bot);
    await expect(admit(bot, terms)).rejects.toThrow(code);
    expect(await ordersOf(bot)).toBe(0);
  });
});

describe('What is no order', () => {
  let heldBot: HeldBot;
  let accepted = 0;

  beforeAll(async () => {
    heldBot = await seedHeldBot(stack, runner);
  });

  it.each([
    'text',
    null,
    orderIntent({ quantity: '10' }),
    orderIntent({ quantity: 0 }),
    orderIntent({ quantity: -1 }),
    orderIntent({ quantity: 1e18 }),
    orderIntent({ quantity: 1e-300 }),
    orderIntent({ quantity: 'NaN' }),
    orderIntent({ quantity: null }),
    orderIntent({ quantity: 9e17, reference_price: 9e14, stop_loss: 1 }),
    orderIntent({ reference_price: undefined }),
    orderIntent({ reference_price: 0 }),
    orderIntent({ symbol: 'acme' }),
    orderIntent({ symbol: 'A'.repeat(33) }),
    orderIntent({ side: 'BUY' }),
    orderIntent({ type: 'iceberg' }),
    orderIntent({ type: 'limit' }),
    orderIntent({ type: 'stop', limit_price: 100 }),
    orderIntent({ type: 'trailing_stop' }),
    orderIntent({ type: 'trailing_stop', trail_amount: 1, trail_pct: 1 }),
    orderIntent({ trail_pct: 1 }),
    orderIntent({ time_in_force: 'gtd' }),
    orderIntent({ expires_at: '2024-01-03T00:00:00Z' }),
    orderIntent({ stop_loss: 100 }),
    orderIntent({ side: 'sell' }),
    orderIntent({ at: '2024-01-02' }),
    orderIntent({ at: '2024-02-30T00:00:00Z' }),
    orderIntent({ at: 'now' }),
    orderIntent({ at: new Date(Date.now() + 3_600_000).toISOString() }),
    orderIntent({ at: undefined }),
    orderIntent({ reduce_only: 'true' }),
    orderIntent({ multiplier: 1e6 + 1 }),
    orderIntent({ option_details: [] }),
    orderIntent({ option_details: { strike: '90' } }),
    orderIntent({ option_details: { note: 'x'.repeat(20_000) } }),
    orderIntent({ reason: 'x'.repeat(101) }),
    orderIntent({ client_order_id: '' }),
    orderIntent({ client_order_id: 1 }),
    orderIntent({ status: 'filled' }),
    orderIntent({ user_id: crypto.randomUUID() }),
  ])('is refused without a row: %j', async (intent) => {
    const [decision, beside] = await submitIntents(heldBot, [intent, orderIntent()]);
    expect(decision).toMatchObject({ accepted: false, code: 'invalid_order', order_id: null });
    expect(beside).toMatchObject({ accepted: true });
    accepted += 1;
    expect(await ordersOf(heldBot)).toBe(accepted);
  });
  it.each([
    [[], 'invalid_request'],
    [{}, 'invalid_request'],
    [null, 'invalid_request'],
    [Array.from({ length: 101 }, () => orderIntent()), 'invalid_request'],
    [[orderIntent({ reason: 'x'.repeat(262_144) })], 'payload_too_large'],
  ])('refuses the whole call for what is no list of 1 to 100 within 256 KB', async (intents, code) => {
    const bot = await seedHeldBot(stack, runner);
    await expect(submitIntents(bot, intents)).rejects.toMatchObject({ code });
  });
});

describe('Orders of a run are refused', () => {
  let bot: HeldBot;

  beforeAll(async () => {
    bot = await seedHeldBot(stack, runner);
  });

  function submitAs(client = bot.runner.client, token = 1) {
    return submitIntents(bot, [orderIntent()], { client, token });
  }

  it('from runners of another user, who cannot tell the run from none', async () => {
    const { client } = await connectRunner(stack, other);
    await expect(submitAs(client)).rejects.toMatchObject({ code: 'run_not_found' });
    const none = { ...bot, runId: crypto.randomUUID() };
    await expect(submitIntents(none, [orderIntent()], { client })).rejects.toMatchObject({ code: 'run_not_found' });
  });

  it('from another runner of the user, and with an old or invented fencing token', async () => {
    const { client } = await connectRunner(stack, owner);
    await expect(submitAs(client)).rejects.toMatchObject({ code: 'stale_lease' });
    for (const token of [0, 2]) await expect(submitAs(undefined, token)).rejects.toMatchObject({ code: 'stale_lease' });
  });

  it('from a run that is over', async () => {
    const ended = await seedHeldBot(stack, runner);
    await setLease(ended.botId, 'released_at = now()');
    await expect(submitIntents(ended, [orderIntent()])).rejects.toMatchObject({ code: 'stale_lease' });
  });

  it.each([
    ['the owner at a browser', () => owner.client, 'forbidden'],
    ['nobody', () => anonymous(stack), '42501'],
    ['a server with the secret key', () => asService(stack), '42501'],
  ])('from %s', async (_, client, code) => {
    await expect(submitAs(client())).rejects.toMatchObject({ code });
  });

  it('from a key that may not execute, and from one that was revoked', async () => {
    const reader = await connectRunner(stack, owner, { permissions: ['runner:connect', 'data:read'] });
    await expect(submitAs(reader.client)).rejects.toMatchObject({ code: 'forbidden' });
    const revoked = await connectRunner(stack, owner);
    await owner.client.rpc('revoke_api_key', { p_api_key_id: revoked.apiKeyId }).throwOnError();
    await expect(submitAs(revoked.client)).rejects.toMatchObject({ code: 'invalid_api_key' });
  });

  it('from all of these without a row', async () => {
    expect(await ordersOf(bot)).toBe(0);
  });
});
