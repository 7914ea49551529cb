import type { SupabaseClient } from '@supabase/supabase-js';
import type { Database } from './database.types.ts';

/** A row of `events`, its payload as Realtime sends it. */
export interface EventRow {
  readonly seq: number;
  readonly event: string;
  readonly payload: unknown;
}

/** Most events read in one go; the table keeps as many of a topic. */
export const MOST_EVENTS = 1000;

/** The events of a topic after a number, in order. */
export async function readEvents(client: SupabaseClient<Database>, topic: string, after: number): Promise<EventRow[]> {
  const { data, error } = await client
    .from('events')
    .select('seq, event, payload')
    .eq('topic', topic)
    .gt('seq', after)
    .order('seq')
    .limit(MOST_EVENTS);
  if (error) throw error;
  return data.map(({ seq, event, payload }) => ({
    seq,
    event,
    payload: typeof payload === 'object' ? { ...payload, seq } : payload,
  }));
}

/** Number of the latest event of a topic, 0 for none. */
export async function newestEvent(client: SupabaseClient<Database>, topic: string): Promise<number> {
  const { data, error } = await client
    .from('events')
    .select('seq')
    .eq('topic', topic)
    .order('seq', { ascending: false })
    .limit(1);
  if (error) throw error;
  return data[0]?.seq ?? 0;
}
