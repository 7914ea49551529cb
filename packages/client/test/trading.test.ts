import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { type EncryptionKey, giveEncryptionKey } from './support/encryption-key.ts';
import { asService, type Persona, signUp } from './support/personas.ts';
import { type SeededBot, seedBot } from './support/seed-trading.ts';
import { acceptedTransitions, listedTransitions } from './support/transitions.ts';

/** Bots and what their runners write, through PostgREST with supabase-js. */
let stack: TestStack;
let owner: Persona;
let other: Persona;
let postgres: pg.Client;

const BOT = { strategy_type: 'put-lite', symbols: ['ACME', 'BTC/USDT'] };

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

async function setQuota(quota: string, value: number): Promise<void> {
  await postgres.query('update public.system_config set value = to_jsonb($2::numeric) where key = $1', [
    `quota.${quota}`,
    value,
  ]);
}

async function makeBot({ client }: Persona, settings: { name: string } & Record<string, unknown>): Promise<string> {
  const { data, error } = await client
    .from('bots')
    .insert({ ...BOT, ...settings })
    .select('id')
    .single();
  if (error) throw error;
  return data.id;
}

/** Tells a new runner of a user to start a bot. Returns the runner's session. */
async function commandTo({ id: userId, client }: Persona, botId: string): Promise<string> {
  const { data, error } = await client
    .rpc('create_api_key', { p_name: 'Commander', p_permissions: ['runner:connect'] })
    .single<{ id: string }>();
  if (error) throw error;
  const { rows } = await postgres.query(
    `insert into public.runner_sessions (user_id, api_key_id, machine_id) values ($1, $2, 'a machine') returning id`,
    [userId, data.id],
  );
  await postgres.query(
    `insert into public.runner_commands (runner_session_id, user_id, type, bot_id) values ($1, $2, 'start_bot', $3)`,
    [rows[0].id, userId, botId],
  );
  return rows[0].id;
}

/** Connections to this database that wait for a lock. */
const WAITING = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
const CLOSED = `exit_at = '2024-01-03Z', exit_price = 1, gross_pnl = 1, net_pnl = 1`;
const OPEN = 'exit_at = null, exit_price = null, gross_pnl = null, net_pnl = null';

describe('The status', () => {
  let seeded: SeededBot;

  beforeAll(async () => {
    seeded = await seedBot(stack, owner, 'Statuses');
  });

  it.each([
    ['bots', () => ({ where: `id = '${seeded.botId}'` })],
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
    await postgres.query(`update public.trading_runs set status = 'completed' where id = $1`, [runId]);
    await postgres.query(`update public.orders set status = 'cancelled' where id = $1`, [orderId]);
    await postgres.query(
      `update public.positions set status = 'closed', open_quantity = 0, closed_at = '2024-02-02Z' where id = $1`,
      [positionId],
    );
    const { rows } = await postgres.query(
      `select (select ended_at = updated_at from public.trading_runs where id = $1) as run,
              (select finished_at = updated_at from public.orders where id = $2) as order,
              (select closed_at = '2024-02-02Z' from public.positions where id = $3) as position`,
      [runId, orderId, positionId],
    );
    expect(rows).toEqual([{ run: true, order: true, position: true }]);
  });
});

describe('A bot', () => {
  it('is made, changed and deleted by its owner', async () => {
    const id = await makeBot(owner, { name: 'Own', risk_per_trade: 50, schedule_timezone: 'America/New_York' });
    const changed = await owner.client
      .from('bots')
      .update({ symbols: ['EURUSD'] })
      .eq('id', id)
      .select('symbols');
    expect(changed.data).toEqual([{ symbols: ['EURUSD'] }]);
    const foreign = await other.client
      .from('bots')
      .update({ symbols: ['GOOG'] })
      .eq('id', id)
      .select();
    expect(foreign.data).toEqual([]);
    expect((await other.client.from('bots').delete().eq('id', id).select()).data).toEqual([]);
    expect((await owner.client.from('bots').delete().eq('id', id).select()).data).toHaveLength(1);
  });

  it.each([
    { status: 'running' },
    { total_pnl: 1_000_000 },
    { current_balance: 1 },
    { error_count: 0 },
    { last_heartbeat_at: '2024-01-01Z' },
    { user_id: crypto.randomUUID() },
  ])('cannot be given %o by its owner', async (forged) => {
    const made = await owner.client.from('bots').insert({ ...BOT, name: 'Forged', ...forged });
    expect(made.error?.code).toBe('42501');
    const changed = await owner.client.from('bots').update(forged).eq('name', 'Statuses');
    expect(changed.error?.code).toBe('42501');
  });

  it.each([
    ['no symbols', { symbols: [] }],
    ['51 symbols', { symbols: Array.from({ length: 51 }, (_, n) => `S${n}`) }],
    ['a symbol that is none', { symbols: ['acme'] }],
    ['two symbols in one', { symbols: ['GOOG\nMSFT'] }],
    ['an unknown mode', { mode: 'DEMO' }],
    ['an eighth day', { schedule_days: [8] }],
    ['half a schedule', { schedule_start_time: '09:30' }],
    ['a risk of nothing', { risk_per_trade: 0 }],
    ['parameters that are a list', { parameters: [] }],
    ['a strategy without its version', { strategy_id: crypto.randomUUID() }],
    ['real money and no credential', { mode: 'LIVE', risk_per_trade: 1, daily_risk_cap: 1 }],
    ['real money and no caps', { mode: 'LIVE', credential_id: crypto.randomUUID() }],
    ['real money and no cap for the day', { mode: 'LIVE', credential_id: crypto.randomUUID(), risk_per_trade: 1 }],
  ])('is refused with %s', async (_what, settings) => {
    await expect(makeBot(owner, { name: 'Refused', ...settings })).rejects.toMatchObject({ code: '23514' });
  });

  it('is refused with a time zone that there is not', async () => {
    await expect(makeBot(owner, { name: 'Nowhere', schedule_timezone: 'Moon/Crater' })).rejects.toMatchObject({
      code: '23514',
    });
    await expect(makeBot(owner, { name: 'Nowhere', schedule_timezone: 'XYZ-3' })).rejects.toMatchObject({
      code: '23514',
    });
  });

  it('cannot run a strategy of another user', async () => {
    const strategy = await other.client.from('strategies').insert({ name: 'Secret' }).select('id').single();
    const strategyId = strategy.data?.id ?? '';
    await other.client
      .from('strategy_versions')
      .insert({ strategy_id: strategyId, spec: { name: 'sma-cross' } } as never);
    const stolen = { name: 'Thief', strategy_id: strategyId, strategy_version: 1 };
    await expect(makeBot(owner, stolen)).rejects.toMatchObject({ code: '23503' });
    await expect(makeBot(other, stolen)).resolves.toBeTypeOf('string');
  });

  it('leaves the commands about it without it', async () => {
    const botId = await makeBot(owner, { name: 'Commanded' });
    const command = await commandTo(owner, botId);
    await expect(commandTo(other, botId)).rejects.toMatchObject({ code: '23503' });
    await owner.client.from('bots').delete().eq('id', botId);
    const { data } = await owner.client.from('runner_commands').select('bot_id').eq('runner_session_id', command);
    expect(data).toEqual([{ bot_id: null }]);
  });

  it('is refused beyond the most that the plan of its user allows', async () => {
    const many = await signUp(stack, 'many');
    await setQuota('bots', 2);
    await makeBot(many, { name: '1' });
    await makeBot(many, { name: '2' });
    await expect(makeBot(many, { name: '3' })).rejects.toMatchObject({ code: 'quota_exceeded' });
    await asService(stack).rpc('set_user_plan', { p_user_id: many.id, p_plan: 'pro' });
    await makeBot(many, { name: '3' });
    await setQuota('bots', 20);
  });

  it('that runs keeps its mode, credential and strategy, and may get other settings', async () => {
    const id = await makeBot(owner, { name: 'Running' });
    await postgres.query(`update public.bots set status = 'starting' where id = $1`, [id]);
    for (const change of [{ mode: 'LIVE' }, { strategy_type: 'condor' }, { credential_id: crypto.randomUUID() }]) {
      const { status, error } = await owner.client.from('bots').update(change).eq('id', id);
      expect([status, error?.code]).toEqual([409, 'bot_not_stopped']);
    }
    expect((await owner.client.from('bots').update({ risk_per_trade: 5 }).eq('id', id)).error).toBeNull();
    const deleted = await owner.client.from('bots').delete().eq('id', id);
    expect([deleted.status, deleted.error?.code]).toEqual([409, 'bot_not_stopped']);
    await postgres.query(`update public.bots set status = 'stopped' where id = $1`, [id]);
    expect((await owner.client.from('bots').delete().eq('id', id)).error).toBeNull();
  });

  it('leaves an audit entry for its settings and none for a heartbeat', async () => {
    const id = await makeBot(owner, { name: 'Audited' });
    await postgres.query('update public.bots set last_heartbeat_at = now(), total_pnl = 7 where id = $1', [id]);
    await owner.client.from('bots').update({ risk_per_trade: 5 }).eq('id', id);
    const { data } = await owner.client.from('audit_log').select('action, after').eq('resource_id', id).order('seq');
    expect(data).toMatchObject([{ action: 'bots.created' }, { action: 'bots.updated', after: { risk_per_trade: 5 } }]);
  });
});

describe('A credential', () => {
  let key: EncryptionKey;

  beforeAll(async () => {
    key = await giveEncryptionKey(stack);
  });

  afterAll(() => key?.discard());

  async function makeCredential({ client }: Persona): Promise<string> {
    // The function's one parameter has no name; the types make it an empty one.
    const { data, error } = await client.rpc('create_credential', {
      exchange: 'kraken',
      name: crypto.randomUUID(),
      key: 'abcdKEYKEYKEYKEYKEYwxyz',
      secret: 'bXkgc2VjcmV0',
    } as never);
    if (error) throw error;
    return data;
  }

  const live = (credentialId: string) => ({
    mode: 'LIVE',
    credential_id: credentialId,
    risk_per_trade: 10,
    daily_risk_cap: 50,
  });

  it('is traded with by bots of its user alone', async () => {
    const id = await makeCredential(owner);
    await expect(makeBot(other, { name: 'Thief of keys', ...live(id) })).rejects.toMatchObject({ code: '23503' });
    await expect(makeBot(owner, { name: 'Live', ...live(id) })).resolves.toBeTypeOf('string');
  });

  it('cannot be deleted while a bot trades with it, and says which', async () => {
    const id = await makeCredential(owner);
    const bot = await makeBot(owner, { name: 'Trading', ...live(id) });
    const refused = await owner.client.from('exchange_credentials').delete().eq('id', id);
    expect([refused.status, refused.error?.code]).toEqual([409, 'credential_in_use']);
    expect(refused.error?.message).toContain("'Trading'");
    const without = await owner.client.from('bots').update({ credential_id: null }).eq('id', bot);
    expect(without.error?.code).toBe('23514');
    await owner.client.from('bots').update({ mode: 'PAPER', credential_id: null }).eq('id', bot);
    expect((await owner.client.from('exchange_credentials').delete().eq('id', id)).error).toBeNull();
  });

  it('goes with its user, and the bot that trades with it too', async () => {
    const leaving = await signUp(stack, 'leaving');
    await makeBot(leaving, { name: 'Live', ...live(await makeCredential(leaving)) });
    const { error } = await asService(stack).auth.admin.deleteUser(leaving.id);
    expect(error).toBeNull();
    for (const table of ['bots', 'exchange_credentials']) {
      const { rowCount } = await postgres.query(`select from public.${table} where user_id = $1`, [leaving.id]);
      expect([table, rowCount]).toEqual([table, 0]);
    }
  });
});

describe('A strategy', () => {
  it('cannot be deleted while a bot uses it, and says which', async () => {
    const made = await owner.client.from('strategies').insert({ name: 'In use' }).select('id').single();
    const id = made.data?.id ?? '';
    await owner.client.from('strategy_versions').insert({ strategy_id: id, spec: { name: 'sma-cross' } } as never);
    const bot = { name: 'User', strategy_type: 'sma-cross', symbols: ['ACME'], strategy_id: id, strategy_version: 1 };
    expect((await owner.client.from('bots').insert(bot)).error).toBeNull();
    const refused = await owner.client.from('strategies').delete().eq('id', id);
    expect([refused.status, refused.error?.code]).toEqual([409, 'strategy_in_use']);
    expect(refused.error?.message).toContain("'User'");
    await owner.client.from('bots').update({ strategy_id: null, strategy_version: null }).eq('name', 'User');
    expect((await owner.client.from('strategies').delete().eq('id', id)).error).toBeNull();
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
       values (:run, :bot, :user, 'ACME', 'long', 1, 1, now())`,
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
