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

/** What every bot needs. */
export const BOT = { strategy_type: 'put-lite', symbols: ['ACME', 'BTC/USDT'] };

/** Makes a bot as its owner would, and returns its id. Rejects with what PostgREST says. */
export async function makeBot(
  { client }: Persona,
  settings: { name: string } & Record<string, unknown>,
): Promise<string> {
  const { data, error } = await client
    .from('bots')
    .insert({ ...BOT, ...settings })
    .select('id')
    .single();
  if (error) throw error;
  return data.id;
}

/** Makes a bot as its owner would, and what its runner would write of a first trade, all still open. */
export async function seedBot(stack: TestStack, owner: Persona, name: string): Promise<SeededBot> {
  const userId = owner.id;
  const botId = await makeBot(owner, { name });
  const run = `'${crypto.randomUUID()}', '${botId}', '${userId}'`;
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
      insert into public.bot_events (bot_id, user_id, run_id, type, message) values ('${botId}', '${userId}', '${runId}', 'started', 'It started');`),
  );
  return { botId, runId, orderId, positionId, tradeId };
}
