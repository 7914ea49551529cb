import type { SupabaseClient } from '@supabase/supabase-js';
import {
  type Backtest,
  type BacktestPage,
  type BacktestWithResult,
  CreateBacktestRequest,
  ListBacktestsQuery,
} from '@tradebase/contracts';
import { Hono } from 'hono';
import { ApiError } from '../../_shared/api-error.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { IdParam } from '../../_shared/id-param.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { cutPage, olderThan, readCursor } from '../../_shared/page-cursor.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import { readJson } from '../../_shared/read-json.ts';
import type { UserEnv } from '../../_shared/require-user.ts';

const COLUMNS =
  'id, symbol, timeframe, strategy, range_start, range_end, initial_cash, fee_bps, status, progress, error, ' +
  'created_at, started_at, finished_at';

export const backtests = new Hono<UserEnv>()
  .post('/', async (c) => {
    const request = parseInput(CreateBacktestRequest, await readJson(c.req.raw));
    return c.json(await createBacktest(c.var.supabase, request), 201);
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
  .all('/:id', methodNotAllowed('GET'))
  .post('/:id/cancel', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await cancelBacktest(c.var.supabase, id));
  })
  .all('/:id/cancel', methodNotAllowed('POST'));

/** Requests a backtest; its queue job and its first event commit with the row. */
async function createBacktest(supabase: SupabaseClient, request: CreateBacktestRequest): Promise<Backtest> {
  const { data, error } = await supabase
    .rpc('create_backtest', {
      p_symbol: request.symbol,
      p_timeframe: request.timeframe,
      p_strategy: request.strategy,
      p_range_start: request.from ?? null,
      p_range_end: request.to ?? null,
      p_initial_cash: request.initial_cash,
      p_fee_bps: request.fee_bps,
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
  { limit, cursor, status }: ListBacktestsQuery,
): Promise<BacktestPage> {
  let query = supabase.from('backtests').select(COLUMNS).eq('user_id', userId);
  if (status) query = query.eq('status', status);
  if (cursor !== undefined)
    query = query.lte('created_at', readCursor(cursor).created_at).or(olderThan(readCursor(cursor)));
  const { data, error } = await query
    .order('created_at', { ascending: false })
    .order('id', { ascending: false })
    .limit(limit + 1)
    .overrideTypes<Backtest[], { merge: false }>();
  if (error) throw databaseError(error);
  return cutPage(data, limit);
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
