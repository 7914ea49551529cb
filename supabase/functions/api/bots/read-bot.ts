import type { SupabaseClient } from '@supabase/supabase-js';
import type {
  Bot,
  BotDetail,
  BotPerformance,
  BotPerformanceQuery,
  CountedPage,
  ListBotRunsQuery,
  ListBotsQuery,
  TradingRun,
} from '@tradebase/contracts';
import { ApiError } from '../../_shared/api-error.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { matching } from '../../_shared/matching.ts';
import { readCounted, readNewestFirst } from '../../_shared/newest-first.ts';
import { RUN_COLUMNS } from '../trading/read-run.ts';

export const BOT_COLUMNS =
  'id, name, description, strategy_type, strategy_id, strategy_version, parameters, mode, symbols, timeframe, credential_id, ' +
  'initial_balance, settings, schedule_exchange, schedule_start_time, schedule_end_time, schedule_days, schedule_timezone, ' +
  'risk_per_trade, daily_risk_cap, max_order_value, max_symbol_exposure, max_open_positions, max_daily_trades, max_drawdown_pct, ' +
  'offline_policy, metadata, status, error_count, last_error, current_balance, total_pnl, last_heartbeat_at, started_at, ' +
  'last_run_at, created_at, updated_at';
const RECENT_RUNS = 10;

/** A page of the user's bots, newest first. */
export async function listBots(
  supabase: SupabaseClient,
  userId: string,
  { status, mode, ...page }: ListBotsQuery,
): Promise<CountedPage<Bot>> {
  const where = matching({ status, mode });
  return await readCounted<Bot>(supabase, { table: 'bots', columns: BOT_COLUMNS, userId, where }, page);
}

/** One bot of the user. */
export async function getBot(supabase: SupabaseClient, userId: string, id: string): Promise<Bot> {
  const { data, error } = await supabase
    .from('bots')
    .select(BOT_COLUMNS)
    .eq('id', id)
    .eq('user_id', userId)
    .maybeSingle<Bot>();
  if (error) throw databaseError(error);
  if (!data) throw new ApiError('bot_not_found');
  return data;
}

/** One bot of the user, with its latest runs and what it has earned. */
export async function getBotDetail(supabase: SupabaseClient, userId: string, id: string): Promise<BotDetail> {
  const [bot, runs, performance] = await Promise.all([
    getBot(supabase, userId, id),
    readNewestFirst<TradingRun>(supabase, runsOf(userId, id), { limit: RECENT_RUNS }),
    getPerformance(supabase, id, {}),
  ]);
  return { ...bot, recent_runs: runs.items, performance: performance.metrics };
}

/** A page of the runs of a bot, newest first. */
export async function listBotRuns(
  supabase: SupabaseClient,
  userId: string,
  id: string,
  { status, ...page }: ListBotRunsQuery,
): Promise<CountedPage<TradingRun>> {
  const runs = await readCounted<TradingRun>(supabase, runsOf(userId, id, status), page);
  if (runs.total_count === 0) await getBot(supabase, userId, id);
  return runs;
}

/** What a bot of the user has earned in a range of days. */
export async function getPerformance(
  supabase: SupabaseClient,
  id: string,
  { start_date, end_date }: BotPerformanceQuery,
): Promise<BotPerformance> {
  const { data, error } = await supabase.rpc(
    'bot_performance',
    { p_bot_id: id, ...(start_date && { p_start_date: start_date }), ...(end_date && { p_end_date: end_date }) },
    { get: true },
  );
  if (error) throw databaseError(error);
  if (!data) throw new ApiError('bot_not_found');
  return data;
}

function runsOf(userId: string, botId: string, status?: string) {
  return { table: 'trading_runs', columns: RUN_COLUMNS, userId, where: matching({ bot_id: botId, status }) };
}
