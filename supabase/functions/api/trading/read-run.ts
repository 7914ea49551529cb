import type { SupabaseClient } from '@supabase/supabase-js';
import type { CountedPage, ListRunsQuery, RunDetail, TradingPosition, TradingRun } from '@tradebase/contracts';
import { ApiError } from '../../_shared/api-error.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { matching } from '../../_shared/matching.ts';
import { readCounted } from '../../_shared/newest-first.ts';
import { MOST_WITH_DETAIL, POSITION_COLUMNS } from './read-position.ts';

export const RUN_COLUMNS =
  'id, bot_id, mode, status, started_at, ended_at, error, total_pnl, daily_pnl, trade_count, max_drawdown, last_bar_at, created_at';

/** A page of the user's runs, newest first. */
export function listRuns(
  supabase: SupabaseClient,
  userId: string,
  { status, bot_id, mode, ...page }: ListRunsQuery,
): Promise<CountedPage<TradingRun>> {
  const where = matching({ status, bot_id, mode });
  return readCounted<TradingRun>(supabase, { table: 'trading_runs', columns: RUN_COLUMNS, userId, where }, page);
}

/** One run of the user with its latest positions and log lines. */
export async function getRun(supabase: SupabaseClient, userId: string, id: string): Promise<RunDetail> {
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
