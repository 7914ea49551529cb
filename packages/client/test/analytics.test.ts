import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { asService, type Persona, signUp } from './support/personas.ts';

/** Performance as workers keep it: what is undefined is null, and each thing is there once. */
let stack: TestStack;
let user: Persona;
let botId: string;

beforeAll(async () => {
  stack = await startStack();
  user = await signUp(stack, 'user');
  botId = await addBot(user);
});

afterAll(() => stack?.stop());

function query(text: string, values: unknown[] = []) {
  return asPostgres(stack, (client) => client.query(text, values));
}

/** A bot's id; of a bot, where bots are kept already. */
async function addBot({ id }: Persona): Promise<string> {
  const { rows } = await query(`select to_regclass('public.bots') is not null as kept`);
  if (!rows[0].kept) return crypto.randomUUID();
  const made = await query(
    `insert into public.bots (user_id, name, strategy_type, symbols) values ($1, 'Bot', 'sma-cross', '{ACME}') returning id`,
    [id],
  );
  return made.rows[0].id;
}

async function addDay(change: object): Promise<void> {
  const row = { user_id: user.id, bot_id: botId, trade_type: 'paper', trade_date: '2026-01-05', ...change };
  await query(
    `insert into public.daily_performance (${Object.keys(row).join(', ')})
     select ${Object.keys(row).join(', ')} from jsonb_populate_record(null::public.daily_performance, $1)`,
    [JSON.stringify(row)],
  );
}

describe('A day of a bot', () => {
  it.each([
    ['without trades and with a win rate', { num_trades: 0, win_rate_pct: 0 }],
    ['without trades and with a mean', { num_trades: 0, avg_trade_pnl: 0 }],
    ['with trades and without a win rate', { num_trades: 1, avg_trade_pnl: 5 }],
    ['with one trade and a deviation', { num_trades: 1, avg_trade_pnl: 5, win_rate_pct: 100, pnl_stddev: 0 }],
    ['with more wins than trades', { num_trades: 1, avg_trade_pnl: 5, win_rate_pct: 100, winning_trades: 2 }],
    ['with a rate over 100 %', { num_trades: 1, avg_trade_pnl: 5, win_rate_pct: 101 }],
  ])('%s is refused', async (_what, change) => {
    await expect(
      addDay({
        winning_trades: 0,
        losing_trades: 0,
        daily_pnl: 0,
        cumulative_pnl: 0,
        fees: 0,
        created_at: 'now',
        updated_at: 'now',
        ...change,
      }),
    ).rejects.toMatchObject({ code: '23514' });
  });

  it('is read by its owner, once for each kind of trading', async () => {
    const day = {
      num_trades: 0,
      winning_trades: 0,
      losing_trades: 0,
      daily_pnl: 0,
      cumulative_pnl: '12.5',
      fees: 0,
      created_at: 'now',
      updated_at: 'now',
    };
    await addDay(day);
    await addDay({ ...day, trade_type: 'live' });
    await expect(addDay(day)).rejects.toMatchObject({ code: '23505' });
    const { data } = await user.client
      .from('daily_performance')
      .select('trade_type, cumulative_pnl, win_rate_pct')
      .order('trade_type');
    expect(data).toEqual([
      { trade_type: 'live', cumulative_pnl: 12.5, win_rate_pct: null },
      { trade_type: 'paper', cumulative_pnl: 12.5, win_rate_pct: null },
    ]);
  });
});

describe('Metrics of a bot', () => {
  it('are there once for what they are about, also where that is all of it', async () => {
    const add = (symbol: string | null) =>
      query(
        `insert into public.performance_metrics (user_id, bot_id, trade_type, symbol, metrics, metric_version)
         values ($1, $2, 'paper', $3, '{"sharpe": null, "undefined_metrics": {"sharpe": "one day"}}', 1)`,
        [user.id, botId, symbol],
      );
    await add(null);
    await add('ACME');
    await expect(add(null)).rejects.toMatchObject({ code: '23505' });
    const { data } = await user.client.from('performance_metrics').select('symbol, metrics').is('symbol', null);
    expect(data).toEqual([{ symbol: null, metrics: { sharpe: null, undefined_metrics: { sharpe: 'one day' } } }]);
  });
});

describe('A snapshot', () => {
  it('is of a bot or of a strategy', async () => {
    const add = (strategy: string | null, bot: string | null) =>
      query('insert into public.performance_snapshots (user_id, strategy_id, bot_id) values ($1, $2, $3)', [
        user.id,
        strategy,
        bot,
      ]);
    await add(null, botId);
    await add('sma-cross', null);
    await expect(add(null, null)).rejects.toMatchObject({ code: '23514' });
    expect((await user.client.from('performance_snapshots').select('id')).data).toHaveLength(2);
  });
});

describe('Deleting a user', () => {
  it('deletes how their bots did', async () => {
    expect((await asService(stack).auth.admin.deleteUser(user.id)).error).toBeNull();
    const { rows } = await query(
      `select (select count(*)::int from public.daily_performance) + (select count(*)::int from public.performance_snapshots)
            + (select count(*)::int from public.performance_metrics) as left`,
    );
    expect(rows).toEqual([{ left: 0 }]);
  });
});
