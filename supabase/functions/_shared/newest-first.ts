import type { SupabaseClient } from '@supabase/supabase-js';
import type { CountedPage } from '@tradebase/contracts';
import { databaseError } from './database-error.ts';
import { cutPage, olderThan, readCursor } from './page-cursor.ts';

/** A select that can still be narrowed. */
export type RowQuery = ReturnType<ReturnType<SupabaseClient['from']>['select']>;

/** A list of a user's own rows: the table, the columns that are shown, and what narrows it. */
export interface OwnRows {
  readonly table: string;
  readonly columns: string;
  readonly userId: string;
  readonly where?: (query: RowQuery) => RowQuery;
}

/** Which page of a list is wanted: by the cursor of the one before, or by how many rows come before. */
export interface WantedPage {
  readonly limit: number;
  readonly cursor?: string;
  readonly offset?: number;
}

/** Reads a page of rows, newest first. Throws `invalid_request` for a cursor that no page gave. */
export async function readNewestFirst<Row extends { created_at: string; id: string }>(
  supabase: SupabaseClient,
  list: OwnRows,
  page: WantedPage,
) {
  return (await readPage<Row>(supabase, list, page)).page;
}

/** Reads a page of rows, newest first, and how many rows the list has in all. Throws as `readNewestFirst` does. */
export async function readCounted<Row extends { created_at: string; id: string }>(
  supabase: SupabaseClient,
  list: OwnRows,
  page: WantedPage,
): Promise<CountedPage<Row>> {
  // The request of the first page counts as well; that of a later one would count what is left, or have no answer
  // behind the last row.
  if (page.cursor === undefined && !page.offset) {
    const { page: first, count } = await readPage<Row>(supabase, list, page, 'exact');
    return { ...first, total_count: count ?? 0 };
  }
  const [later, total_count] = await Promise.all([
    readNewestFirst<Row>(supabase, list, page),
    countRows(supabase, list),
  ]);
  return { ...later, total_count };
}

async function readPage<Row extends { created_at: string; id: string }>(
  supabase: SupabaseClient,
  list: OwnRows,
  { limit, cursor, offset = 0 }: WantedPage,
  count?: 'exact',
) {
  const from = cursor === undefined ? undefined : readCursor(cursor);
  const rows = narrowed(supabase.from(list.table).select(list.columns, count && { count }), list);
  const wanted = from === undefined ? rows : rows.lte('created_at', from.created_at).or(olderThan(from));
  const answer = await wanted
    .order('created_at', { ascending: false })
    .order('id', { ascending: false })
    .range(offset, offset + limit)
    .overrideTypes<Row[], { merge: false }>();
  if (answer.error) throw databaseError(answer.error);
  return { page: cutPage(answer.data, limit), count: answer.count };
}

async function countRows(supabase: SupabaseClient, list: OwnRows): Promise<number> {
  const { count, error } = await narrowed(supabase.from(list.table).select('id', { count: 'exact', head: true }), list);
  if (error) throw databaseError(error);
  return count ?? 0;
}

function narrowed(query: RowQuery, { userId, where }: OwnRows): RowQuery {
  const own = query.eq('user_id', userId);
  return where ? where(own) : own;
}
