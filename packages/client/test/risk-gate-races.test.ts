import type { GateDecision } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ConnectedRunner, connectRunner } from './support/connect-runner.ts';
import { liftLimits } from './support/lift-limits.ts';
import { signUp } from './support/personas.ts';
import { openRunnerConnection } from './support/runner-connection.ts';
import { type HeldBot, seedHeldBot } from './support/seed-lease.ts';
import { orderIntent } from './support/submit-intents.ts';

/** Bots of one account that ask the risk gate at once: whatever they ask, and in whatever order, no cap is exceeded. */
let stack: TestStack;
let runner: ConnectedRunner;
let postgres: pg.Client;
let connections: pg.Client[] = [];
let bots: HeldBot[];

const CONNECTIONS = 6;
const BOTS = 3;
const OPEN = `status in ('new', 'submitted', 'accepted', 'partially_filled', 'pending_cancel')`;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  runner = await connectRunner(stack, await signUp(stack, 'owner'));
  postgres = new pg.Client({ connectionString: stack.databaseUrl() });
  await postgres.connect();
  connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => openRunnerConnection(stack, runner)));
  bots = await Promise.all(Array.from({ length: BOTS }, () => seedHeldBot(stack, runner)));
});

afterAll(async () => {
  await Promise.all([...connections, postgres].map((client) => client?.end()));
  await stack?.stop();
});

beforeEach(clear);

/** Takes the account back to where it holds nothing and has no caps. */
async function clear(): Promise<void> {
  await postgres.query(`
    delete from public.orders;
    delete from public.positions;
    delete from public.trading_halts;
    update public.bots set status = 'running', daily_risk_cap = null, max_symbol_exposure = null, max_open_positions = null, max_daily_trades = null;
    update public.account_limits set max_exposure = null, max_symbol_exposure = null, daily_loss_cap = null, max_open_orders = null`);
}

async function submit(connection: pg.Client, bot: HeldBot, intents: object[]): Promise<GateDecision[]> {
  const { rows } = await connection.query('select public.submit_order_intents($1, 1, $2) as decisions', [
    bot.runId,
    JSON.stringify(intents),
  ]);
  return rows[0].decisions;
}

/** What became of a call of each of several, each made as soon as a connection is free. */
async function submitAll(calls: readonly { bot: HeldBot; intents: object[] }[]): Promise<GateDecision[][]> {
  const decisions: GateDecision[][] = [];
  const queue = calls.entries();
  const work = async (connection: pg.Client) => {
    for (const [at, { bot, intents }] of queue) decisions[at] = await submit(connection, bot, intents);
  };
  await Promise.all(connections.map(work));
  return decisions;
}

/** Submits one order after the other until one is refused: what was said of each. */
async function submitUntilRefused(connection: pg.Client, bot: HeldBot): Promise<(string | null | undefined)[]> {
  const codes: (string | null | undefined)[] = [];
  do codes.push((await submit(connection, bot, [orderIntent()]))[0]?.code);
  while (codes.at(-1) === null);
  return codes;
}

async function countAccepted(): Promise<number> {
  const { rows } = await postgres.query(`select count(*)::int from public.orders where status <> 'rejected'`);
  return rows[0].count;
}

const caps = fc.record({
  daily_risk_cap: fc.option(fc.integer({ min: 50, max: 3000 })),
  max_symbol_exposure: fc.option(fc.integer({ min: 100, max: 8000 })),
  max_open_positions: fc.option(fc.integer({ min: 1, max: 3 })),
  max_daily_trades: fc.option(fc.integer({ min: 1, max: 12 })),
});
const limits = fc.record({
  max_exposure: fc.option(fc.integer({ min: 500, max: 20_000 })),
  max_symbol_exposure: fc.option(fc.integer({ min: 200, max: 12_000 })),
  daily_loss_cap: fc.option(fc.integer({ min: 100, max: 5000 })),
  max_open_orders: fc.option(fc.integer({ min: 1, max: 20 })),
});
const asked = fc.record({
  bot: fc.integer({ min: 0, max: BOTS - 1 }),
  symbol: fc.constantFrom('ACME', 'BTC/USDT'),
  quantity: fc.integer({ min: 1, max: 40 }),
  reference_price: fc.integer({ min: 11, max: 99 }),
  distance: fc.option(fc.integer({ min: 1, max: 10 })),
  is_buy: fc.boolean(),
});
type Caps = typeof caps extends fc.Arbitrary<infer T> ? T : never;
type Limits = typeof limits extends fc.Arbitrary<infer T> ? T : never;
type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never;

function intentOf({ symbol, quantity, reference_price, distance, is_buy }: Asked) {
  const stop_loss = distance === null ? undefined : reference_price + (is_buy ? -distance : distance);
  return orderIntent({ symbol, quantity, reference_price, side: is_buy ? 'buy' : 'sell', stop_loss });
}

function botAt(at: number): HeldBot {
  const bot = bots[at];
  if (!bot) throw new Error(`there is no bot ${at}`);
  return bot;
}

async function setCaps(ofBots: Caps, ofAccount: Limits): Promise<void> {
  await clear();
  await postgres.query(
    'update public.bots set daily_risk_cap = $1, max_symbol_exposure = $2, max_open_positions = $3, max_daily_trades = $4',
    [ofBots.daily_risk_cap, ofBots.max_symbol_exposure, ofBots.max_open_positions, ofBots.max_daily_trades],
  );
  await postgres.query(
    'update public.account_limits set max_exposure = $1, max_symbol_exposure = $2, daily_loss_cap = $3, max_open_orders = $4',
    [ofAccount.max_exposure, ofAccount.max_symbol_exposure, ofAccount.daily_loss_cap, ofAccount.max_open_orders],
  );
}

/** Names of caps that what is open exceeds, reckoned from the terms of the orders alone. */
async function exceededCaps(): Promise<string[]> {
  const { rows } = await postgres.query(`
    with open as (
      select *, quantity * reference_price as value, quantity * coalesce(abs(reference_price - stop_loss), reference_price) as risk
      from public.orders where ${OPEN}
    )
    select 'daily_risk_cap' as cap from public.bots b join open o on o.bot_id = b.id group by b.id having sum(o.risk) > b.daily_risk_cap
    union all select 'max_open_positions' from public.bots b join open o on o.bot_id = b.id group by b.id having count(distinct o.symbol) > b.max_open_positions
    union all select 'max_daily_trades' from public.bots b join open o on o.bot_id = b.id group by b.id having count(*) > b.max_daily_trades
    union all select 'max_symbol_exposure' from public.bots b join open o on o.bot_id = b.id group by b.id, o.symbol having sum(o.value) > b.max_symbol_exposure
    union all select 'account_exposure' from public.account_limits l join open o using (user_id) group by l.user_id having sum(o.value) > l.max_exposure
    union all select 'account_symbol_exposure' from public.account_limits l join open o using (user_id) group by l.user_id, o.symbol having sum(o.value) > l.max_symbol_exposure
    union all select 'account_daily_loss' from public.account_limits l join open o using (user_id) group by l.user_id having sum(o.risk) > l.daily_loss_cap
    union all select 'account_open_orders' from public.account_limits l join open o using (user_id) group by l.user_id having count(*) > l.max_open_orders`);
  return rows.map(({ cap }) => cap);
}

/** Whether an order fits beside those let through before it: the caps again, in whole numbers. */
function fits(taken: readonly Asked[], order: Asked, ofBots: Caps, ofAccount: Limits): boolean {
  const all = [...taken, order];
  const own = all.filter(({ bot }) => bot === order.bot);
  const value = (orders: readonly Asked[]) =>
    sum(orders, ({ quantity, reference_price }) => quantity * reference_price);
  const risk = (orders: readonly Asked[]) =>
    sum(orders, ({ quantity, reference_price, distance }) => quantity * (distance ?? reference_price));
  const inSymbol = (orders: readonly Asked[]) => orders.filter(({ symbol }) => symbol === order.symbol);
  const bounds: [number, number | null][] = [
    [risk(own), ofBots.daily_risk_cap],
    [value(inSymbol(own)), ofBots.max_symbol_exposure],
    [new Set(own.map(({ symbol }) => symbol)).size, ofBots.max_open_positions],
    [own.length, ofBots.max_daily_trades],
    [value(all), ofAccount.max_exposure],
    [value(inSymbol(all)), ofAccount.max_symbol_exposure],
    [risk(all), ofAccount.daily_loss_cap],
    [all.length, ofAccount.max_open_orders],
  ];
  return bounds.every(([amount, cap]) => cap === null || amount <= cap);
}

function sum<T>(of: readonly T[], amount: (one: T) => number): number {
  return of.reduce((total, one) => total + amount(one), 0);
}

describe('The gate', () => {
  it('lets through exactly what fits, whether orders come in one call or in many', async () => {
    await fc.assert(
      fc.asyncProperty(
        caps,
        limits,
        fc.array(fc.array(asked, { minLength: 1, maxLength: 6 }), { maxLength: 8 }),
        async (ofBots, ofAccount, calls) => {
          await setCaps(ofBots, ofAccount);
          const [connection] = connections;
          const taken: Asked[] = [];
          for (const call of calls) {
            const bot = call[0]?.bot ?? 0;
            const orders = call.map((order) => ({ ...order, bot }));
            const expected = orders.map((order) => {
              const accepted = fits(taken, order, ofBots, ofAccount);
              if (accepted) taken.push(order);
              return accepted;
            });
            if (!connection) throw new Error('there is no connection');
            const decisions = await submit(connection, botAt(bot), orders.map(intentOf));
            expect(decisions.map(({ accepted }) => accepted)).toEqual(expected);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it('lets no cap be exceeded by bots that ask at once, and answers the same when all ask again', async () => {
    await fc.assert(
      fc.asyncProperty(
        caps,
        limits,
        fc.array(asked, { minLength: 12, maxLength: 30 }),
        async (ofBots, ofAccount, orders) => {
          await setCaps(ofBots, ofAccount);
          const calls = orders.map((order) => ({ bot: botAt(order.bot), intents: [intentOf(order)] }));
          const decisions = await submitAll(calls);
          expect(await exceededCaps()).toEqual([]);
          expect(await submitAll(calls)).toEqual(decisions);
        },
      ),
      { numRuns: 6 },
    );
  });

  it('makes one order of one that is submitted by several at once', async () => {
    const intent = orderIntent();
    const decisions = await submitAll(Array(12).fill({ bot: botAt(0), intents: [intent, intent] }));
    expect(new Set(decisions.flat().map(({ order_id }) => order_id)).size).toBe(1);
    expect(await countAccepted()).toBe(1);
  });

  it.each([
    [
      'an emergency stop',
      'emergency_stop',
      `select pg_advisory_xact_lock(hashtextextended('trading halts', 0));
       insert into public.trading_halts (scope, reason) values ('system', 'race')`,
    ],
    ['a pause of every bot', 'bot_not_running', `update public.bots set status = 'paused'`],
  ])('opens nothing after %s has committed', async (_, code, change) => {
    const submitted = Promise.all(
      connections.map((connection, at) => submitUntilRefused(connection, botAt(at % BOTS))),
    );
    await expect.poll(countAccepted, { interval: 1 }).toBeGreaterThan(5);
    await postgres.query(`begin; ${change}; commit`);
    const acceptedBefore = await countAccepted();
    const codes = (await submitted).flat();
    expect(await countAccepted()).toBe(acceptedBefore);
    expect(codes.filter((one) => one === null)).toHaveLength(acceptedBefore);
    expect(new Set(codes)).toEqual(new Set([null, code]));
  });
});
