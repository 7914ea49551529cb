import type { SupabaseClient } from '@supabase/supabase-js';
import {
  type CountedPage,
  ListPositionsQuery,
  ListRunLogsQuery,
  ListRunsQuery,
  type PositionDetail,
  type RunDetail,
  type TradingFill,
  type TradingOrder,
  type TradingPosition,
  type TradingRun,
} from '@tradebase/contracts';
import { Hono } from 'hono';
import { ApiError } from '../../_shared/api-error.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { IdParam } from '../../_shared/id-param.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { type RowQuery, readCounted } from '../../_shared/newest-first.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import type { UserEnv } from '../../_shared/require-user.ts';
import { listRunLogs } from '../trading/list-run-logs.ts';

const RUN_COLUMNS =
  'id, bot_id, mode, status, started_at, ended_at, error, total_pnl, daily_pnl, trade_count, max_drawdown, last_bar_at, created_at';
const POSITION_COLUMNS =
  'id, run_id, bot_id, symbol, direction, strategy, quantity, open_quantity, multiplier, entry_price, exit_price, mark_price, ' +
  'realized_pnl, unrealized_pnl, fees, stop_loss, take_profit, option_details, status, exit_reason, opened_at, closed_at, created_at';
const ORDER_COLUMNS =
  'id, client_order_id, broker_order_id, symbol, side, type, quantity, filled_quantity, average_price, limit_price, stop_price, ' +
  'reduce_only, status, reason, reject_reason, created_at, finished_at';
const FILL_COLUMNS =
  'seq, order_id, external_id, symbol, side, quantity, price, fee, fee_currency, liquidity, executed_at';

/** Rows of each kind that come with one run or one position; the lists have the rest. */
const MOST_WITH_DETAIL = 50;

/** What the user's bots did: runs, their logs, and positions. All of it can be read from the tables as well. */
export const trading = new Hono<UserEnv>()
  .get('/runs', async (c) => {
    const query = parseInput(ListRunsQuery, c.req.query());
    return c.json(await listRuns(c.var.supabase, c.var.userId, query));
  })
  .all('/runs', methodNotAllowed('GET'))
  .get('/runs/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await getRun(c.var.supabase, c.var.userId, id));
  })
  .all('/runs/:id', methodNotAllowed('GET'))
  .get('/runs/:id/logs', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const query = parseInput(ListRunLogsQuery, c.req.query());
    return c.json(await listRunLogs(c.var.supabase, c.var.userId, id, query));
  })
  .all('/runs/:id/logs', methodNotAllowed('GET'))
  .get('/positions', async (c) => {
    const query = parseInput(ListPositionsQuery, c.req.query());
    return c.json(await listPositions(c.var.supabase, c.var.userId, query));
  })
  .all('/positions', methodNotAllowed('GET'))
  .get('/positions/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await getPosition(c.var.supabase, c.var.userId, id));
  })
  .all('/positions/:id', methodNotAllowed('GET'));

/** A page of the user's runs, newest first. */
function listRuns(
  supabase: SupabaseClient,
  userId: string,
  { status, bot_id, mode, ...page }: ListRunsQuery,
): Promise<CountedPage<TradingRun>> {
  const where = matching({ status, bot_id, mode });
  return readCounted<TradingRun>(supabase, { table: 'trading_runs', columns: RUN_COLUMNS, userId, where }, page);
}

/** A page of the user's positions, newest first. */
function listPositions(
  supabase: SupabaseClient,
  userId: string,
  { status, symbol, bot_id, run_id, ...page }: ListPositionsQuery,
): Promise<CountedPage<TradingPosition>> {
  const where = matching({ status, symbol, bot_id, run_id });
  return readCounted<TradingPosition>(supabase, { table: 'positions', columns: POSITION_COLUMNS, userId, where }, page);
}

function matching(filters: Readonly<Record<string, string | undefined>>) {
  return (rows: RowQuery): RowQuery => {
    let narrowed = rows;
    for (const [column, value] of Object.entries(filters)) {
      if (value !== undefined) narrowed = narrowed.eq(column, value);
    }
    return narrowed;
  };
}

/** One run of the user with its latest positions and log lines. */
async function getRun(supabase: SupabaseClient, userId: string, id: string): Promise<RunDetail> {
  const newest = { ascending: false };
  // Two requests: the run comes with its lines, which are few bytes; PostgREST takes long to nest the positions too.
  const [run, positions] = await Promise.all([
    supabase
      .from('trading_runs')
      .select(`${RUN_COLUMNS}, config, logs:run_logs(seq, logged_at, level, message, data)`)
      .eq('id', id)
      .eq('user_id', userId)
      .order('seq', { ...newest, referencedTable: 'logs' })
      .limit(MOST_WITH_DETAIL, { referencedTable: 'logs' })
      .maybeSingle<RunDetail['run'] & Pick<RunDetail, 'logs'>>(),
    supabase
      .from('positions')
      .select(POSITION_COLUMNS)
      .eq('run_id', id)
      .eq('user_id', userId)
      .order('created_at', newest)
      .order('id', newest)
      .limit(MOST_WITH_DETAIL)
      .overrideTypes<TradingPosition[], { merge: false }>(),
  ]);
  const error = run.error ?? positions.error;
  if (error) throw databaseError(error);
  if (!run.data) throw new ApiError('run_not_found');
  const { logs, ...itself } = run.data;
  return { run: itself, positions: positions.data ?? [], logs };
}

/** One position of the user with its orders, fills, and the others of its run in the same symbol. */
async function getPosition(supabase: SupabaseClient, userId: string, id: string): Promise<PositionDetail> {
  const position = await supabase
    .from('positions')
    .select(POSITION_COLUMNS)
    .eq('id', id)
    .eq('user_id', userId)
    .maybeSingle<TradingPosition>();
  if (position.error) throw databaseError(position.error);
  if (!position.data) throw new ApiError('position_not_found');
  const { run_id, symbol } = position.data;
  const [orders, fills, related] = await Promise.all([
    supabase
      .from('orders')
      .select(ORDER_COLUMNS)
      .eq('position_id', id)
      .eq('user_id', userId)
      .order('created_at')
      .order('id')
      .limit(MOST_WITH_DETAIL)
      .overrideTypes<TradingOrder[], { merge: false }>(),
    supabase
      .from('fills')
      .select(FILL_COLUMNS)
      .eq('position_id', id)
      .eq('user_id', userId)
      .order('seq')
      .limit(MOST_WITH_DETAIL)
      .overrideTypes<TradingFill[], { merge: false }>(),
    supabase
      .from('positions')
      .select(POSITION_COLUMNS)
      .eq('run_id', run_id)
      .eq('user_id', userId)
      .eq('symbol', symbol)
      .neq('id', id)
      .order('created_at', { ascending: false })
      .order('id', { ascending: false })
      .limit(MOST_WITH_DETAIL)
      .overrideTypes<TradingPosition[], { merge: false }>(),
  ]);
  const error = orders.error ?? fills.error ?? related.error;
  if (error) throw databaseError(error);
  return {
    position: position.data,
    orders: orders.data ?? [],
    fills: fills.data ?? [],
    related_positions: related.data ?? [],
  };
}
