import type { SupabaseClient } from '@supabase/supabase-js';
import type { ListByStatusQuery } from '@tradebase/contracts';
import { databaseError } from '../../_shared/database-error.ts';

/** A page of a table of the operators, newest first, with the count of all; the read is audited. */
export async function listByStatus(supabase: SupabaseClient, table: string, query: ListByStatusQuery) {
  const filter = query.status === undefined ? {} : { status: query.status };
  const page = await supabase.rpc('admin_read', {
    p_table: table,
    p_filter: filter,
    p_limit: query.limit,
    p_offset: query.offset,
    p_order: 'created_at.desc',
  });
  if (page.error) throw databaseError(page.error);
  const total = await supabase.rpc('admin_count', { p_table: table, p_status: query.status ?? null });
  if (total.error) throw databaseError(total.error);
  return { rows: page.data as unknown[], total_count: total.data as number };
}
