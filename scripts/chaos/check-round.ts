import { isDeepStrictEqual } from 'node:util';
import type { RunWatch, TradebaseClient } from '@tradebase/client';
import { runBacktest } from '@tradebase/engine';
import type pg from 'pg';
import { type ChaosBot, INITIAL_BALANCE, SETTINGS } from './chaos-bots.ts';
import type { ChaosWorld } from './chaos-world.ts';
import { checkFeed } from './check-feed.ts';
import { until } from './until.ts';

interface StoredFill {
  readonly seq: string;
  readonly external_id: string;
  readonly side: 'buy' | 'sell';
  readonly quantity: string;
  readonly price: string;
  readonly fee: string;
}

const MOST_COMMAND_MS = 40_000;

/** Whether a round lost nothing, did nothing twice and left nothing behind: one sentence for each thing that does not hold. */
export async function checkRound(
  world: ChaosWorld,
  owner: TradebaseClient,
  bots: readonly ChaosBot[],
  watches: readonly RunWatch[],
) {
  return world.withPostgres(async (postgres) => {
    const broken: string[] = [];
    let fills = 0;
    for (const [n, bot] of bots.entries()) {
      const stored = await fillsOf(postgres, bot.runId);
      fills += stored.length;
      broken.push(...checkFills(bot, stored), ...(await checkLedger(postgres, bot)));
      const watch = watches[n];
      if (watch) broken.push(...(await checkFeed(postgres, bot.runId, watch)));
    }
    const { commands, undone } = await checkCommands(postgres, bots);
    broken.push(...undone);
    const { data: alive } = await owner.from('bots').select('name, status').neq('status', 'stopped');
    for (const bot of alive ?? []) broken.push(`${bot.name} is ${bot.status} after its run has ended`);
    return { broken, fills, commands };
  });
}

async function fillsOf(postgres: pg.Client, runId: string): Promise<StoredFill[]> {
  const { rows } = await postgres.query<StoredFill>(
    'select seq, external_id, side, quantity, price, fee from public.fills where run_id = $1 order by seq',
    [runId],
  );
  return rows;
}

/** Backtest = paper: each fill of the engine's backtest, and at the end what closes the last position. */
function checkFills({ runId, day, strategy, isPaused }: ChaosBot, stored: readonly StoredFill[]): string[] {
  if (new Set(stored.map(({ external_id }) => external_id)).size !== stored.length)
    return [`${runId}: a fill is there twice`];
  if (isPaused) return [];
  const { symbol, ...candles } = day;
  const backtest = runBacktest({
    data: { instruments: [{ symbol, timeframe: '1m', candles }] },
    strategy,
    initial_cash: INITIAL_BALANCE,
    settings: SETTINGS,
    path: 'event',
  });
  const expected = (backtest.fills ?? []).map(({ side, quantity, price, fee }) => [side, quantity, price, fee]);
  const actual = stored.map((fill) => [fill.side, Number(fill.quantity), Number(fill.price), Number(fill.fee)]);
  const closing = actual.length - expected.length;
  if (closing !== backtest.open_positions.length) {
    return [
      `${runId}: ${actual.length} fills, and the backtest has ${expected.length} with ${backtest.open_positions.length} left to close`,
    ];
  }
  const differs = expected.findIndex((fill, n) => !isDeepStrictEqual(fill, actual[n]));
  return differs < 0
    ? []
    : [`${runId}: fill ${differs + 1} is ${actual[differs]} and not ${expected[differs]} as in the backtest`];
}

const LEDGER_CHECKS: Readonly<Record<string, string>> = {
  'a position is open': `select count(*) from public.positions where run_id = $1 and status = 'open'`,
  'a trade is open': `select count(*) from public.trades where run_id = $1 and status = 'open'`,
  'an order is open': `select count(*) from public.orders where run_id = $1 and finished_at is null`,
  'an order is filled by other than its fills': `
    select count(*) from public.orders o where o.run_id = $1 and o.filled_quantity <>
      coalesce((select sum(f.quantity) from public.fills f where f.order_id = o.id), 0)`,
  'what was bought and sold does not come out even': `
    select (abs(coalesce(sum(case side when 'buy' then quantity else -quantity end), 0)) > 1e-9)::int from public.fills where run_id = $1`,
  'the profit of the run is not that of its positions': `
    select (r.total_pnl <> coalesce((select sum(p.realized_pnl + p.unrealized_pnl) from public.positions p where p.run_id = r.id), 0))::int
    from public.trading_runs r where r.id = $1`,
  'log lines have gaps': `
    select (coalesce(max(seq), 0) <> count(*))::int from public.run_logs where run_id = $1`,
  'fills have gaps': `select (coalesce(max(seq), 0) <> count(*))::int from public.fills where run_id = $1`,
  'a report was refused': `select count(*) from public.bot_events where run_id = $1 and type = 'report_rejected'`,
  'it did not come to its end': `select count(*) from public.trading_runs where id = $1 and status <> 'completed'`,
  'a decision was noted twice': `
    select count(*) - count(distinct metadata ->> 'place') from public.bot_events where run_id = $1 and type = 'runner_decision'`,
};

async function checkLedger(postgres: pg.Client, { runId }: ChaosBot): Promise<string[]> {
  const broken: string[] = [];
  for (const [what, query] of Object.entries(LEDGER_CHECKS)) {
    const { rows } = await postgres.query<Record<string, string>>(query, [runId]);
    const count = Number(Object.values(rows[0] ?? {})[0]);
    if (count !== 0) broken.push(`${runId}: ${what} (${count})`);
  }
  return broken;
}

/** Every command was carried out, or ran out of time or sense; none waits. */
async function checkCommands(postgres: pg.Client, bots: readonly ChaosBot[]) {
  const undone: string[] = [];
  const query = `select type, status, count(*)::int as count from public.runner_commands where bot_id = any ($1) group by type, status`;
  const read = async () =>
    (await postgres.query<{ type: string; status: string; count: number }>(query, [bots.map(({ botId }) => botId)]))
      .rows;
  try {
    await until('every command is done', MOST_COMMAND_MS, async () =>
      (await read()).every(({ status }) => status !== 'queued' && status !== 'delivered'),
    );
  } catch (error) {
    undone.push(String(error));
  }
  const rows = await read();
  for (const { type, status, count } of rows) {
    if (status === 'failed') undone.push(`${count} commands ${type} have failed`);
  }
  return { undone, commands: rows.reduce((sum, { count }) => sum + count, 0) };
}
