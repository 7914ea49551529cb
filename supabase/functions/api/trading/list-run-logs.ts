import type { SupabaseClient } from '@supabase/supabase-js';
import type { CountedPage, ListRunLogsQuery, RunLogLine } from '@tradebase/contracts';
import { ApiError } from '../../_shared/api-error.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { cutNumberedPage } from '../../_shared/numbered-page.ts';

/**
 * A page of the log lines of a run, by number. Lines number from 1 in the order in which they came, so that a page after a
 * cursor is found at once among any number of them.
 */
export async function listRunLogs(
  supabase: SupabaseClient,
  userId: string,
  runId: string,
  { limit, cursor, offset, level, order }: ListRunLogsQuery,
): Promise<CountedPage<RunLogLine, number>> {
  let query = supabase
    .from('run_logs')
    .select('seq, logged_at, level, message, data')
    .eq('run_id', runId)
    .eq('user_id', userId);
  if (level?.length === 1) query = query.eq('level', level[0]);
  else if (level) query = query.in('level', level);
  if (cursor !== undefined) query = order === 'newest' ? query.lt('seq', cursor) : query.gt('seq', cursor);
  const [lines, count] = await Promise.all([
    query
      .order('seq', { ascending: order === 'oldest' })
      .range(offset, offset + limit)
      .overrideTypes<RunLogLine[], { merge: false }>(),
    supabase.rpc('count_run_logs', { p_run_id: runId, ...(level && { p_levels: level }) }, { get: true }),
  ]);
  if (lines.error) throw databaseError(lines.error);
  if (count.error) throw databaseError(count.error);
  const total_count = Number(count.data);
  if (total_count === 0) await requireRun(supabase, userId, runId);
  return { ...cutNumberedPage(lines.data, limit, ({ seq }) => seq), total_count };
}

async function requireRun(supabase: SupabaseClient, userId: string, runId: string): Promise<void> {
  const { data, error } = await supabase
    .from('trading_runs')
    .select('id')
    .eq('id', runId)
    .eq('user_id', userId)
    .maybeSingle();
  if (error) throw databaseError(error);
  if (!data) throw new ApiError('run_not_found');
}
