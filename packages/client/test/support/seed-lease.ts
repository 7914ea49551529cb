import type { StackAddress } from '@tradebase/local-stack/testing';
import type pg from 'pg';
import { asPostgres } from './as-role.ts';
import type { ConnectedRunner } from './connect-runner.ts';
import { makeBot } from './seed-trading.ts';

/** A bot that runs, held by a runner with fencing token 1. */
export interface HeldBot {
  readonly botId: string;
  readonly runId: string;
  readonly runner: ConnectedRunner;
}

/** Makes a bot as its owner would, and its run and lease as if it had been started on the runner. */
export async function seedHeldBot(
  stack: StackAddress,
  runner: ConnectedRunner,
  settings: Record<string, unknown> = {},
): Promise<HeldBot> {
  const botId = await makeBot(runner.owner, { name: crypto.randomUUID(), initial_balance: 10_000, ...settings });
  const runId: string = crypto.randomUUID();
  await asPostgres(stack, async (postgres) => {
    await postgres.query(`update public.bots set status = 'starting' where id = $1`, [botId]);
    await postgres.query(`update public.bots set status = 'running' where id = $1`, [botId]);
    await postgres.query(
      `insert into public.trading_runs (id, bot_id, user_id, mode) select $1, id, user_id, mode from public.bots where id = $2`,
      [runId, botId],
    );
    await postgres.query(
      `insert into public.bot_leases (bot_id, user_id, run_id, runner_session_id, fencing_token) values ($1, $2, $3, $4, 1)`,
      [botId, runner.owner.id, runId, runner.session_id],
    );
  });
  return { botId, runId, runner };
}

/** Writes a position of ten at 100 that the bot holds, with 50 at stake, or with what the changes say. */
export async function holdPosition(postgres: pg.Client, bot: HeldBot, changes: Record<string, unknown> = {}) {
  const position = {
    run_id: bot.runId,
    bot_id: bot.botId,
    user_id: bot.runner.owner.id,
    symbol: 'ACME',
    direction: 'long',
    quantity: 10,
    open_quantity: 10,
    entry_price: 100,
    reserved_risk: 50,
    opened_at: '2024-01-02T14:00:00Z',
    ...changes,
  };
  const columns = Object.keys(position);
  await postgres.query(
    `insert into public.positions (${columns}) values (${columns.map((_, at) => `$${at + 1}`)})`,
    Object.values(position),
  );
}
