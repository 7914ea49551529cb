import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HeldRun, holdRun } from './support/hold-run.ts';
import { liftLimits } from './support/lift-limits.ts';
import { type Persona, signUp } from './support/personas.ts';

/** The profit of runs and bots, which follows from their positions whoever writes those. */
let stack: TestStack;
let owner: Persona;
let postgres: pg.Client;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  owner = await signUp(stack, 'owner');
  postgres = new pg.Client({ connectionString: stack.databaseUrl() });
  await postgres.connect();
});

afterAll(async () => {
  await postgres?.end();
  await stack?.stop();
});

async function profitOf({ runId }: HeldRun) {
  const { rows } = await postgres.query(
    `select trim_scale(r.total_pnl) as total, trim_scale(r.daily_pnl) as daily, r.market_day::text as day, trim_scale(r.peak_pnl) as peak,
       trim_scale(r.max_drawdown) as drawdown, r.trade_count as trades, trim_scale(b.total_pnl) as bot
     from public.trading_runs r join public.bots b on b.id = r.bot_id where r.id = $1`,
    [runId],
  );
  return rows[0];
}

/** Writes a position past all functions, as an operator would. */
async function insertPosition({ runId, botId }: HeldRun, symbol: string, unrealized: number) {
  const { rows } = await postgres.query(
    `insert into public.positions (run_id, bot_id, user_id, symbol, direction, quantity, open_quantity, unrealized_pnl, opened_at, marked_at)
     values ($1, $2, $3, $4, 'long', 1, 1, $5, '2024-01-02T10:00Z', '2024-01-02T10:00Z') returning id`,
    [runId, botId, owner.id, symbol, unrealized],
  );
  return rows[0].id as string;
}

describe('The profit of a run', () => {
  it('follows from every statement on its positions, whoever makes it', async () => {
    const run = await holdRun(stack, owner, 'By hand');
    const first = await insertPosition(run, 'ACME', 10);
    await insertPosition(run, 'BTC/USDT', -4.5);
    expect(await profitOf(run)).toMatchObject({ total: '5.5', bot: '5.5', peak: '10', drawdown: '4.5' });
    await postgres.query(
      `update public.positions set unrealized_pnl = unrealized_pnl + 0.1 where run_id = $1 and status = 'open'`,
      [run.runId],
    );
    expect(await profitOf(run)).toMatchObject({ total: '5.7', bot: '5.7', drawdown: '4.5' });
    await postgres.query(
      `update public.positions set status = 'closed', open_quantity = 0, realized_pnl = 3, unrealized_pnl = 0 where id = $1`,
      [first],
    );
    expect(await profitOf(run)).toMatchObject({ total: '-1.4', bot: '-1.4', peak: '10', drawdown: '11.4' });
    await postgres.query('delete from public.positions where id = $1', [first]);
    expect(await profitOf(run)).toMatchObject({ total: '-4.4', bot: '-4.4' });
  });

  it('of a day begins anew when the market comes to the next one, in the time zone of the schedule', async () => {
    const run = await holdRun(stack, owner, 'Days', { schedule_timezone: 'America/New_York' });
    await run.admit('1', { quantity: 1 });
    const mark = (price: number, at: string) => ({ kind: 'mark', symbol: 'ACME', price, at });
    await run.report(1, [
      {
        kind: 'fill',
        client_order_id: '1',
        external_id: 'x',
        symbol: 'ACME',
        side: 'buy',
        quantity: 1,
        price: 100,
        at: '2024-01-02T15:00:00Z',
      },
      mark(103, '2024-01-03T03:00:00Z'),
    ]);
    expect(await profitOf(run)).toMatchObject({ total: '3', daily: '3', day: '2024-01-02' });
    await run.report(3, [mark(101, '2024-01-03T06:00:00Z')]);
    expect(await profitOf(run)).toMatchObject({ total: '1', daily: '-2', day: '2024-01-03', drawdown: '2' });
    await run.report(4, [{ kind: 'bar', at: '2024-01-04T15:00:00Z' }]);
    expect(await profitOf(run)).toMatchObject({ total: '1', daily: '0', day: '2024-01-04' });
    await run.report(5, [mark(90, '2024-01-03T07:00:00Z'), { kind: 'bar', at: '2024-01-03T15:00:00Z' }]);
    expect(await profitOf(run)).toMatchObject({ total: '-10', daily: '-11', day: '2024-01-04' });
  });

  it('of a day begins anew by the clock of the exchange that the bot follows, not by that of its own schedule', async () => {
    const run = await holdRun(stack, owner, 'Exchange', { schedule_exchange: 'NYSE', schedule_timezone: 'Asia/Tokyo' });
    await insertPosition(run, 'ACME', 0);
    await postgres.query('update public.positions set open_value = 100 where run_id = $1', [run.runId]);
    const mark = (price: number, at: string) => ({ kind: 'mark', symbol: 'ACME', price, at });
    await run.report(1, [mark(103, '2024-01-02T14:59:59Z'), mark(104, '2024-01-02T15:00:00Z')]);
    expect(await profitOf(run)).toMatchObject({ total: '4', daily: '4', day: '2024-01-02' });
    await run.report(3, [mark(105, '2024-01-03T04:59:59Z')]);
    expect(await profitOf(run)).toMatchObject({ daily: '5', day: '2024-01-02' });
    await run.report(4, [mark(106, '2024-01-03T05:00:00Z')]);
    expect(await profitOf(run)).toMatchObject({ total: '6', daily: '1', day: '2024-01-03' });
  });

  it('remembers highs and falls within one report', async () => {
    const run = await holdRun(stack, owner, 'Within');
    await run.admit('1', { quantity: 1 });
    await run.admit('2', { quantity: 1, side: 'sell' });
    const fill = { kind: 'fill', symbol: 'ACME', quantity: 1 };
    await run.report(1, [
      { ...fill, client_order_id: '1', external_id: 'in', side: 'buy', price: 100, at: '2024-01-02T10:00:00Z' },
      { kind: 'mark', symbol: 'ACME', price: 120, at: '2024-01-02T11:00:00Z' },
      { kind: 'mark', symbol: 'ACME', price: 95, at: '2024-01-02T12:00:00Z' },
      { ...fill, client_order_id: '2', external_id: 'out', side: 'sell', price: 105, at: '2024-01-02T13:00:00Z' },
    ]);
    expect(await profitOf(run)).toEqual({
      total: '5',
      daily: '5',
      day: '2024-01-02',
      peak: '20',
      drawdown: '25',
      trades: 1,
      bot: '5',
    });
  });

  it('takes the marks of one moment together', async () => {
    const run = await holdRun(stack, owner, 'Together');
    await insertPosition(run, 'ACME', 0);
    await insertPosition(run, 'BTC/USDT', 0);
    const at = '2024-01-02T11:00:00Z';
    await postgres.query('update public.positions set open_value = 100 where run_id = $1', [run.runId]);
    await run.report(1, [
      { kind: 'mark', symbol: 'ACME', price: 150, at },
      { kind: 'mark', symbol: 'BTC/USDT', price: 60, at },
    ]);
    expect(await profitOf(run)).toMatchObject({ total: '10', peak: '10', drawdown: '0' });
  });

  it('of a bot is that of all its runs', async () => {
    const run = await holdRun(stack, owner, 'Two runs');
    await postgres.query('delete from public.bot_leases where run_id = $1', [run.runId]);
    await postgres.query(`update public.trading_runs set total_pnl = 7, status = 'completed' where id = $1`, [
      run.runId,
    ]);
    await postgres.query(
      `insert into public.trading_runs (bot_id, user_id, mode, total_pnl) values ($1, $2, 'PAPER', 5)`,
      [run.botId, owner.id],
    );
    expect(await profitOf(run)).toMatchObject({ bot: '12' });
    await postgres.query('delete from public.trading_runs where id = $1', [run.runId]);
    const { rows } = await postgres.query('select total_pnl from public.bots where id = $1', [run.botId]);
    expect(rows).toEqual([{ total_pnl: '5' }]);
  });
});
