import type { SupabaseClient } from '@supabase/supabase-js';
import {
  type Backtest,
  type BacktestPage,
  type BacktestResultReport,
  type BacktestWithResult,
  CreateBacktestRequest,
  ListBacktestsQuery,
  NumberedListQuery,
  type StoredOrder,
  type StoredOrderPage,
  type StoredTrade,
  type StoredTradePage,
} from '@tradebase/contracts';
import { Hono } from 'hono';
import { ApiError } from '../../_shared/api-error.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { IdParam } from '../../_shared/id-param.ts';
import { matching } from '../../_shared/matching.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { readNewestFirst } from '../../_shared/newest-first.ts';
import { cutNumberedPage } from '../../_shared/numbered-page.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import { readJson } from '../../_shared/read-json.ts';
import type { UserEnv } from '../../_shared/require-user.ts';
import { findRequestedStrategy } from '../strategies/find-requested-strategy.ts';
import { requireRunnable } from '../strategies/read-strategy.ts';

const COLUMNS =
  'id, name, note, symbol, further_symbols, timeframe, finer_timeframe, strategy, strategy_version_id, range_start, range_end, ' +
  'initial_cash, fee_bps, settings, seed, engine_version, data_versions, status, progress, error, created_at, started_at, finished_at';
const RESULT_COLUMNS =
  'summary, metric_version, report, receipt, data_quality, ambiguity, stored_trades, stored_orders, created_at';
const TRADE_COLUMNS =
  'seq, symbol, side, entry_bar, exit_bar, entry_at, exit_at, entry_price, exit_price, quantity, fee, slippage, carry, pnl, ' +
  'return_pct, mae_pct, mfe_pct, exit_reason';
const ORDER_COLUMNS =
  'seq, symbol, side, order_type, quantity, limit_price, stop_price, reason, placed_bar, placed_at, outcome, reject_reason, ' +
  'filled_quantity, average_price, fee, slippage, last_fill_at';

export const backtests = new Hono<UserEnv>()
  .post('/', async (c) => {
    const request = parseInput(CreateBacktestRequest, await readJson(c.req.raw));
    return c.json(await createBacktest(c.var.supabase, c.var.userId, request), 201);
  })
  .get('/', async (c) => {
    const query = parseInput(ListBacktestsQuery, c.req.query());
    return c.json(await listBacktests(c.var.supabase, c.var.userId, query));
  })
  .all('/', methodNotAllowed('GET', 'POST'))
  .get('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await getBacktest(c.var.supabase, c.var.userId, id));
  })
  .delete('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    await deleteBacktest(c.var.supabase, c.var.userId, id);
    return c.body(null, 204);
  })
  .all('/:id', methodNotAllowed('GET', 'DELETE'))
  .get('/:id/report', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await getReport(c.var.supabase, c.var.userId, id));
  })
  .all('/:id/report', methodNotAllowed('GET'))
  .get('/:id/trades', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const query = parseInput(NumberedListQuery, c.req.query());
    return c.json(await listTrades(c.var.supabase, c.var.userId, id, query));
  })
  .all('/:id/trades', methodNotAllowed('GET'))
  .get('/:id/orders', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const query = parseInput(NumberedListQuery, c.req.query());
    return c.json(await listOrders(c.var.supabase, c.var.userId, id, query));
  })
  .all('/:id/orders', methodNotAllowed('GET'))
  .post('/:id/cancel', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await cancelBacktest(c.var.supabase, id));
  })
  .all('/:id/cancel', methodNotAllowed('POST'));

/** Requests a backtest; its queue job and its first event commit with the row. */
async function createBacktest(
  supabase: SupabaseClient,
  userId: string,
  request: CreateBacktestRequest,
): Promise<Backtest> {
  const { strategy, versionId, spec } = await findRequestedStrategy(supabase, userId, request);
  await requireRunnable(spec);
  const [symbol, ...furtherSymbols] = request.symbols ?? [request.symbol];
  const { data, error } = await supabase
    .rpc('create_backtest', {
      p_symbol: symbol,
      p_further_symbols: furtherSymbols,
      p_timeframe: request.timeframe,
      p_finer_timeframe: request.finer_timeframe ?? null,
      p_strategy: strategy,
      p_strategy_version_id: versionId,
      p_range_start: request.from ?? null,
      p_range_end: request.to ?? null,
      p_initial_cash: request.initial_cash,
      p_fee_bps: request.fee_bps,
      p_settings: request.settings,
      p_seed: request.seed,
      p_name: request.name ?? null,
      p_note: request.note ?? null,
    })
    .select(COLUMNS)
    .single<Backtest>();
  if (error) throw databaseError(error);
  return data;
}

/** A page of the user's own backtests, newest first. */
async function listBacktests(
  supabase: SupabaseClient,
  userId: string,
  { status, ...page }: ListBacktestsQuery,
): Promise<BacktestPage> {
  return readNewestFirst<Backtest>(
    supabase,
    { table: 'backtests', columns: COLUMNS, userId, where: matching({ status }) },
    page,
  );
}

/** One backtest of the user, with its summary once it is completed. */
async function getBacktest(supabase: SupabaseClient, userId: string, id: string): Promise<BacktestWithResult> {
  const { data, error } = await supabase
    .from('backtests')
    .select(`${COLUMNS}, result:backtest_results(summary)`)
    .eq('id', id)
    .eq('user_id', userId)
    .maybeSingle<BacktestWithResult>();
  if (error) throw databaseError(error);
  if (!data) throw new ApiError('backtest_not_found');
  return data;
}

/** Cancels a queued or running backtest of the user. */
async function cancelBacktest(supabase: SupabaseClient, id: string): Promise<Backtest> {
  const { data, error } = await supabase
    .rpc('cancel_backtest', { p_backtest_id: id })
    .select(COLUMNS)
    .single<Backtest>();
  if (error) throw databaseError(error);
  return data;
}

/** Deletes an ended backtest with all that it found. */
async function deleteBacktest(supabase: SupabaseClient, userId: string, id: string): Promise<void> {
  const { status } = await getBacktest(supabase, userId, id);
  if (status === 'queued' || status === 'running') {
    throw new ApiError('invalid_transition', { message: `The backtest is ${status}: cancel it first` });
  }
  const { data, error } = await supabase.from('backtests').delete().eq('id', id).eq('user_id', userId).select('id');
  if (error) throw databaseError(error);
  if (data.length === 0) throw new ApiError('forbidden');
}

/** All that a completed backtest found, but its curve, trades and orders. */
async function getReport(supabase: SupabaseClient, userId: string, id: string): Promise<BacktestResultReport> {
  const { data, error } = await supabase
    .from('backtest_results')
    .select(RESULT_COLUMNS)
    .eq('backtest_id', id)
    .eq('user_id', userId)
    .maybeSingle<BacktestResultReport>();
  if (error) throw databaseError(error);
  if (data) return data;
  const { status } = await getBacktest(supabase, userId, id);
  throw new ApiError('backtest_not_found', { message: `The backtest is ${status}: it has no result` });
}

/** A page of the trades of a backtest, in order. */
async function listTrades(
  supabase: SupabaseClient,
  userId: string,
  id: string,
  { limit, cursor }: NumberedListQuery,
): Promise<StoredTradePage> {
  const { data, error } = await supabase
    .from('backtest_trades')
    .select(TRADE_COLUMNS)
    .eq('backtest_id', id)
    .eq('user_id', userId)
    .gt('seq', cursor)
    .order('seq')
    .limit(limit + 1)
    .overrideTypes<StoredTrade[], { merge: false }>();
  if (error) throw databaseError(error);
  if (data.length === 0) await getBacktest(supabase, userId, id);
  return cutNumberedPage(data, limit, ({ seq }) => seq);
}

/** A page of the orders of a backtest, in order. */
async function listOrders(
  supabase: SupabaseClient,
  userId: string,
  id: string,
  { limit, cursor }: NumberedListQuery,
): Promise<StoredOrderPage> {
  const { data, error } = await supabase
    .from('backtest_orders')
    .select(ORDER_COLUMNS)
    .eq('backtest_id', id)
    .eq('user_id', userId)
    .gt('seq', cursor)
    .order('seq')
    .limit(limit + 1)
    .overrideTypes<StoredOrder[], { merge: false }>();
  if (error) throw databaseError(error);
  if (data.length === 0) await getBacktest(supabase, userId, id);
  return cutNumberedPage(data, limit, ({ seq }) => seq);
}
