import { createClient, type SupabaseClient, type SupabaseClientOptions } from '@supabase/supabase-js';
import { isPlainHttpBeyondLoopback } from '@tradebase/contracts';
import type { Database } from './database.types.ts';
import { type RunWatch, type RunWatchOptions, watchRun } from './watch-run.ts';
import { type UserWatch, type UserWatchOptions, watchUser } from './watch-user.ts';

/** What Tradebase adds to a client of Supabase. */
export interface LiveFeeds {
  readonly runs: {
    /** Keeps the state of a run, live. */
    watch(runId: string, options?: RunWatchOptions): RunWatch;
  };
  readonly user: {
    /** Keeps the statuses of the signed-in user's bots, runners and tasks, and their alerts, live. */
    watch(options?: UserWatchOptions): UserWatch;
  };
}

/** A Supabase client that knows Tradebase's tables and functions, with live feeds. */
export type TradebaseClient = SupabaseClient<Database> & LiveFeeds;

export interface TradebaseClientOptions extends SupabaseClientOptions<'public'> {
  /** Lets passwords and tokens travel in clear to another machine, over http: for private networks alone. */
  readonly allowPlainHttp?: boolean;
}

/**
 * supabase-js with Tradebase's types and feeds: `url` and publishable key as `npm start` or the dashboard shows them.
 *
 * @throws Error where the address is http beyond this machine, and that is not allowed
 */
export function createTradebaseClient(
  url: string,
  publishableKey: string,
  { allowPlainHttp = false, ...options }: TradebaseClientOptions = {},
): TradebaseClient {
  if (!allowPlainHttp && isPlainHttpBeyondLoopback(url)) {
    throw new Error(
      `${new URL(url).origin} is another machine, and over http passwords and tokens travel there in clear: give its https:// address, or allow it in a private network with allowPlainHttp: true`,
    );
  }
  const client = createClient<Database>(url, publishableKey, options);
  return Object.assign(client, {
    runs: { watch: (runId: string, watchOptions?: RunWatchOptions) => watchRun(client, runId, watchOptions) },
    user: { watch: (watchOptions?: UserWatchOptions) => watchUser(client, watchOptions) },
  });
}
