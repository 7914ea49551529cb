import { createClient, type SupabaseClient, type SupabaseClientOptions } from '@supabase/supabase-js';
import type { Database } from './database.types.ts';

/** A Supabase client that knows Tradebase's tables and functions. */
export type TradebaseClient = SupabaseClient<Database>;

/** supabase-js with Tradebase's types: `url` and publishable key as `npm start` or the dashboard shows them. */
export function createTradebaseClient(
  url: string,
  publishableKey: string,
  options?: SupabaseClientOptions<'public'>,
): TradebaseClient {
  return createClient<Database>(url, publishableKey, options);
}
