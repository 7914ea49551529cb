import type { TestStack } from '@tradebase/local-stack/testing';
import { asPostgres } from './as-role.ts';
import type { Persona } from './personas.ts';

/** A bot with one run and one row of each table that hangs on it. */
export interface SeededBot {
  readonly botId: string;
  readonly runId: string;
  readonly orderId: string;
  readonly positionId: string;
  readonly tradeId: string;
}

/** Makes a bot as its owner would, and what its runner would write of a first trade, all still open. */
export async function seedBot(stack: TestStack, { id: userId, client }: Persona, name: string): Promise<SeededBot> {
  const { data: bot, error } = await client
    .from('bots')
    .insert({ name, strategy_type: 'put-lite', symbols: ['ACME'] })
    .select('id')
    .single();
  if (error) throw error;
  const run = `'${crypto.randomUUID()}', '${bot.id}', '${userId}'`;
  const [runId] = run.slice(1).split("'") as [string];
  const [orderId, positionId, tradeId] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
  await asPostgres(stack, (postgres) =>
    postgres.query(`
      insert into public.trading_runs (id, bot_id, user_id, mode) values (${run}, 'PAPER');
      insert into public.positions (id, run_id, bot_id, user_id, symbol, direction, quantity, open_quantity, entry_price, opened_at)
        values ('${positionId}', ${run}, 'ACME', 'long', 10, 10, 100, '2024-01-02Z');
      insert into public.orders (id, run_id, bot_id, user_id, position_id, client_order_id, symbol, side, type, quantity)
        values ('${orderId}', ${run}, '${positionId}', 'first', 'ACME', 'buy', 'market', 10);
      insert into public.trades (id, run_id, bot_id, user_id, position_id, symbol, direction, quantity, entry_at, entry_price)
        values ('${tradeId}', ${run}, '${positionId}', 'ACME', 'long', 10, '2024-01-02Z', 100);
      insert into public.fills (run_id, user_id, seq, executed_at, order_id, position_id, external_id, symbol, side, quantity, price)
        values ('${runId}', '${userId}', 1, '2024-01-02Z', '${orderId}', '${positionId}', 'x1', 'ACME', 'buy', 10, 100);
      insert into public.run_logs (run_id, user_id, seq, logged_at, message) values ('${runId}', '${userId}', 1, now(), 'bought');
      insert into public.signals (run_id, user_id, seq, symbol, signal_at, type) values ('${runId}', '${userId}', 1, 'ACME', now(), 'BUY');
      insert into public.bot_events (bot_id, user_id, run_id, type, message) values ('${bot.id}', '${userId}', '${runId}', 'started', 'It started');`),
  );
  return { botId: bot.id, runId, orderId, positionId, tradeId };
}
