import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { asService, type Persona, signUp } from './support/personas.ts';
import { makeBot, type SeededBot, seedBot } from './support/seed-trading.ts';
import { acceptedTransitions, listedTransitions } from './support/transitions.ts';

/** What runners write of their bots, through PostgREST with supabase-js. */
let stack: TestStack;
let owner: Persona;
let other: Persona;
let postgres: pg.Client;

beforeAll(async () => {
  stack = await startStack();
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
  postgres = new pg.Client({ connectionString: stack.databaseUrl() });
  await postgres.connect();
});

afterAll(async () => {
  await postgres?.end();
  await stack?.stop();
});

/** Connections to this database that wait for a lock. */
const WAITING = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
const CLOSED = `exit_at = '2024-01-03Z', exit_price = 1, gross_pnl = 1, net_pnl = 1`;
const OPEN = 'exit_at = null, exit_price = null, gross_pnl = null, net_pnl = null';

describe('The status', () => {
  let seeded: SeededBot;
  let emptyBotId: string;

  beforeAll(async () => {
    seeded = await seedBot(stack, owner, 'Statuses');
    // One that holds something is never stopped.
    emptyBotId = await makeBot(owner, { name: 'Statuses of what holds nothing' });
  });

  it.each([
    ['bots', () => ({ where: `id = '${emptyBotId}'` })],
    ['trading_runs', () => ({ where: `id = '${seeded.runId}'` })],
    [
      'orders',
      () => ({
        where: `id = '${seeded.orderId}'`,
        with: (status: string) => (status === 'filled' ? 'filled_quantity = quantity, average_price = 100' : ''),
      }),
    ],
    [
      'positions',
      () => ({
        where: `id = '${seeded.positionId}'`,
        with: (status: string) => (status === 'open' ? '' : 'open_quantity = 0, unrealized_pnl = 0'),
      }),
    ],
    [
      'trades',
      () => ({
        where: `id = '${seeded.tradeId}'`,
        with: (status: string) => (status === 'closed' ? CLOSED : OPEN),
      }),
    ],
  ])('of %s changes in the listed ways and in no other', async (table, row) => {
    const listed = await listedTransitions(postgres, table);
    expect(listed.length).toBeGreaterThan(0);
    expect(await acceptedTransitions(postgres, { table, ...row() })).toEqual(listed);
  });

  it('of what has ended says when', async () => {
    const { runId, orderId, positionId } = await seedBot(stack, owner, 'Ending');
    await postgres.query(`update public.orders set status = 'cancelled' where id = $1`, [orderId]);
    await postgres.query(
      `update public.positions set status = 'closed', open_quantity = 0, closed_at = '2024-02-02Z' where id = $1`,
      [positionId],
    );
    // The last of them: a position that closes writes the profit of its run.
    await postgres.query(`update public.trading_runs set status = 'completed' where id = $1`, [runId]);
    const { rows } = await postgres.query(
      `select (select ended_at = updated_at from public.trading_runs where id = $1) as run,
              (select finished_at = updated_at from public.orders where id = $2) as order,
              (select closed_at = '2024-02-02Z' from public.positions where id = $3) as position`,
      [runId, orderId, positionId],
    );
    expect(rows).toEqual([{ run: true, order: true, position: true }]);
  });
});

describe('A bot with something open', () => {
  it('is deleted when its positions, orders and trades are closed, with all that hangs on it', async () => {
    const { botId, runId, orderId, positionId, tradeId } = await seedBot(stack, owner, 'Holding');
    const closing = [
      [`update public.positions set status = 'closed', open_quantity = 0 where id = $1`, positionId],
      [`update public.orders set status = 'cancelled' where id = $1`, orderId],
      [`update public.trades set status = 'closed', ${CLOSED} where id = $1`, tradeId],
    ] as const;
    for (const [statement, id] of closing) {
      const refused = await owner.client.from('bots').delete().eq('id', botId);
      expect([refused.status, refused.error?.code]).toEqual([409, 'bot_has_open_positions']);
      await postgres.query(statement, [id]);
    }
    expect((await owner.client.from('bots').delete().eq('id', botId).select('id')).data).toHaveLength(1);
    for (const table of ['positions', 'orders', 'trades', 'fills', 'run_logs', 'signals', 'bot_events'] as const) {
      const run = table === 'bot_events' ? 'bot_id' : 'run_id';
      const { rowCount } = await postgres.query(`select from public.${table} where ${run} in ($1, $2)`, [runId, botId]);
      expect([table, rowCount]).toEqual([table, 0]);
    }
  });

  it('is not deleted under a position that is just being opened', async () => {
    const id = await makeBot(owner, { name: 'Opening' });
    const run = await postgres.query(
      `insert into public.trading_runs (bot_id, user_id, mode) values ($1, $2, 'PAPER') returning id`,
      [id, owner.id],
    );
    const deleting = await asPostgres(stack, async (runner) => {
      await runner.query('begin');
      await runner.query(
        `insert into public.positions (run_id, bot_id, user_id, symbol, direction, quantity, open_quantity, opened_at)
         values ($1, $2, $3, 'ACME', 'long', 1, 1, now())`,
        [run.rows[0].id, id, owner.id],
      );
      const deletion = Promise.resolve(owner.client.from('bots').delete().eq('id', id));
      await expect.poll(async () => (await postgres.query(WAITING)).rowCount).toBeGreaterThan(0);
      await runner.query('commit');
      return deletion;
    });
    expect(deleting.error?.code).toBe('bot_has_open_positions');
  });

  it('goes with its user all the same', async () => {
    const leaving = await signUp(stack, 'leaving');
    const { runId } = await seedBot(stack, leaving, 'Left behind');
    await postgres.query(`update public.bots set status = 'starting' where user_id = $1`, [leaving.id]);
    const { error } = await asService(stack).auth.admin.deleteUser(leaving.id);
    expect(error).toBeNull();
    for (const table of [
      'trading_runs',
      'positions',
      'orders',
      'trades',
      'fills',
      'run_logs',
      'signals',
      'bot_events',
    ]) {
      const { rowCount } = await postgres.query(`select from public.${table} where user_id = $1`, [leaving.id]);
      expect([table, rowCount]).toEqual([table, 0]);
    }
    expect(runId).toBeTypeOf('string');
  });
});

describe('A deleted position', () => {
  it('leaves its fills, order and trade without it', async () => {
    const { runId, positionId } = await seedBot(stack, owner, 'Forgetful');
    await postgres.query('delete from public.positions where id = $1', [positionId]);
    for (const table of ['fills', 'orders', 'trades'] as const) {
      const { data } = await owner.client.from(table).select('position_id').eq('run_id', runId);
      expect(data).toEqual([{ position_id: null }]);
    }
  });
});

describe('The ledger', () => {
  const LEDGER = [
    'trading_runs',
    'positions',
    'orders',
    'trades',
    'fills',
    'run_logs',
    'signals',
    'bot_events',
  ] as const;

  it.each(LEDGER)('%s is read by its owner, by nobody else, and written by neither', async (table) => {
    const mine = await owner.client.from(table).select('user_id');
    expect(mine.data?.length).toBeGreaterThan(0);
    expect(mine.data?.every(({ user_id }) => user_id === owner.id)).toBe(true);
    expect((await other.client.from(table).select('user_id').eq('user_id', owner.id)).data).toEqual([]);
    for (const { client } of [owner, other]) {
      const answers = [
        await client.from(table).insert({} as never),
        await client
          .from(table)
          .update({ user_id: owner.id } as never)
          .eq('user_id', owner.id),
        await client.from(table).delete().eq('user_id', owner.id),
      ];
      expect(answers.map(({ error }) => error?.code)).toEqual(['42501', '42501', '42501']);
    }
  });

  it.each([
    [
      'an order in a run',
      `insert into public.orders (run_id, bot_id, user_id, client_order_id, symbol, side, type, quantity)
       values (:run, :bot, :user, 'x', 'ACME', 'buy', 'market', 1)`,
    ],
    [
      'a position in a run',
      `insert into public.positions (run_id, bot_id, user_id, symbol, direction, quantity, open_quantity, opened_at)
       values (:run, :bot, :user, 'BTC/USDT', 'long', 1, 1, now())`,
    ],
    [
      'a trade in a run',
      `insert into public.trades (run_id, bot_id, user_id, symbol, direction, quantity, entry_at, entry_price)
       values (:run, :bot, :user, 'ACME', 'long', 1, now(), 1)`,
    ],
    [
      'a fill in a run',
      `insert into public.fills (run_id, user_id, seq, executed_at, symbol, side, quantity, price)
       values (:run, :user, 9, now(), 'ACME', 'buy', 1, 1)`,
    ],
    [
      'a log line in a run',
      `insert into public.run_logs (run_id, user_id, seq, logged_at, message) values (:run, :user, 9, now(), 'x')`,
    ],
    [
      'a signal in a run',
      `insert into public.signals (run_id, user_id, seq, symbol, signal_at, type) values (:run, :user, 9, 'ACME', now(), 'BUY')`,
    ],
    ['a run of a bot', `insert into public.trading_runs (bot_id, user_id, mode) values (:bot, :user, 'PAPER')`],
    [
      'an event of a bot',
      `insert into public.bot_events (bot_id, user_id, type, message) values (:bot, :user, 'x', 'x')`,
    ],
  ])('takes %s only with the user of that', async (what, statement) => {
    const { botId, runId } = await seedBot(stack, owner, `Parent: ${what}`);
    await postgres.query(`update public.trading_runs set status = 'stopped' where id = $1`, [runId]);
    const ofOther = statement
      .replace(':run', `'${runId}'`)
      .replace(':bot', `'${botId}'`)
      .replace(':user', `'${other.id}'`);
    await expect(postgres.query(ofOther)).rejects.toMatchObject({ code: '23503' });
  });

  it('names the trade of an order, of the same user only, and outlives it', async () => {
    const seeded = await seedBot(stack, owner, 'Order of a trade');
    const ofOther = await seedBot(stack, other, 'Order of a trade');
    const nameTrade = (tradeId: string) =>
      postgres.query('update public.orders set trade_id = $1 where id = $2', [tradeId, seeded.orderId]);
    await expect(nameTrade(ofOther.tradeId)).rejects.toMatchObject({ code: '23503' });
    await nameTrade(seeded.tradeId);
    const read = () => owner.client.from('orders').select('trade_id, user_id').eq('id', seeded.orderId).single();
    expect((await read()).data).toEqual({ trade_id: seeded.tradeId, user_id: owner.id });
    await postgres.query('delete from public.trades where id = $1', [seeded.tradeId]);
    expect((await read()).data).toEqual({ trade_id: null, user_id: owner.id });
  });

  it('keeps the bounds and the market of a trade', async () => {
    const { tradeId } = await seedBot(stack, owner, 'Bounds of a trade');
    const bounds = { stop_loss: 95.5, take_profit: 110, market_context: { rsi: 31.5 } };
    await postgres.query(
      'update public.trades set stop_loss = $2, take_profit = $3, market_context = $4 where id = $1',
      [tradeId, ...Object.values(bounds)],
    );
    const { data } = await owner.client
      .from('trades')
      .select('stop_loss, take_profit, market_context')
      .eq('id', tradeId)
      .single();
    expect(data).toEqual(bounds);
  });

  it('takes an order, a fill and a log line once', async () => {
    const { botId, runId, orderId } = await seedBot(stack, owner, 'Repeating');
    const again = [
      `insert into public.orders (run_id, bot_id, user_id, client_order_id, symbol, side, type, quantity)
        values ('${runId}', '${botId}', '${owner.id}', 'first', 'ACME', 'buy', 'market', 10)`,
      `insert into public.fills (run_id, user_id, seq, executed_at, symbol, side, quantity, price)
        values ('${runId}', '${owner.id}', 1, '2024-01-02Z', 'ACME', 'buy', 10, 100)`,
      `insert into public.fills (run_id, user_id, seq, executed_at, order_id, external_id, symbol, side, quantity, price)
        values ('${runId}', '${owner.id}', 2, '2024-01-02Z', '${orderId}', 'x1', 'ACME', 'buy', 10, 100)`,
      `insert into public.run_logs select * from public.run_logs where run_id = '${runId}'`,
      `insert into public.signals select * from public.signals where run_id = '${runId}'`,
      `insert into public.trading_runs (bot_id, user_id, mode) values ('${botId}', '${owner.id}', 'PAPER')`,
    ];
    for (const statement of again) await expect(postgres.query(statement)).rejects.toMatchObject({ code: '23505' });
  });

  it('puts fills and logs where their time belongs', async () => {
    const { runId } = await seedBot(stack, owner, 'Partitioned');
    const { rows } = await postgres.query(
      `select (select tableoid::regclass::text from public.fills where run_id = $1) as old_fill,
              (select tableoid::regclass::text ~ '^partitions.run_logs_[0-9]{4}_[0-9]{2}$' from public.run_logs where run_id = $1) as log`,
      [runId],
    );
    expect(rows).toEqual([{ old_fill: 'partitions.fills_default', log: true }]);
  });
});

describe('An event', () => {
  const add = (persona: Persona, botId: string | null, strategyId: string | null, runId: string | null = null) =>
    postgres.query(
      `insert into public.bot_events (user_id, bot_id, strategy_id, run_id, type, message) values ($1, $2, $3, $4, 'changed', 'x')`,
      [persona.id, botId, strategyId, runId],
    );
  let strategyId: string;

  beforeAll(async () => {
    const { data, error } = await owner.client.from('strategies').insert({ name: 'Without a bot' }).select().single();
    if (error) throw error;
    strategyId = data.id;
  });

  it('can be of a strategy that no bot runs, and goes with it', async () => {
    await add(owner, null, strategyId);
    const read = ({ client }: Persona) =>
      client.from('bot_events').select('type, bot_id').eq('strategy_id', strategyId);
    expect((await read(owner)).data).toEqual([{ type: 'changed', bot_id: null }]);
    expect((await read(other)).data).toEqual([]);
    await expect(add(other, null, strategyId)).rejects.toMatchObject({ code: '23503' });
    const deleted = await owner.client.from('strategies').delete().eq('id', strategyId).select().single();
    expect(deleted.error).toBeNull();
    expect((await read(owner)).data).toEqual([]);
  });

  it('is of a bot or of a strategy, and in a run only of a bot', async () => {
    const { botId, runId } = await seedBot(stack, owner, 'Events');
    const refused = { code: '23514' };
    await expect(add(owner, null, null)).rejects.toMatchObject(refused);
    await expect(add(owner, botId, crypto.randomUUID())).rejects.toMatchObject(refused);
    await expect(add(owner, null, crypto.randomUUID(), runId)).rejects.toMatchObject(refused);
  });
});
