import type { SupabaseClient } from '@supabase/supabase-js';
import { LogMessage, OrderUpdate, PnlUpdate, PositionUpdate, RunChanges, runTopic } from '@tradebase/contracts';
import { asError } from './as-error.ts';
import type { Database } from './database.types.ts';
import { type CaughtUp, type FeedFrame, type FeedStatus, OrderedFeed } from './ordered-feed.ts';
import { type RunChange, type RunState, RunStateBuilder } from './run-state.ts';
import { throttle } from './throttle.ts';

export interface RunWatchOptions {
  /** Told of the state whenever it has changed, and of what changed. The first time it tells all. */
  readonly onChange?: (state: RunState, change: RunChange) => void;
  readonly onStatus?: (status: FeedStatus) => void;
  /** Told of whatever goes wrong, malformed messages and lost connections among it; the watch goes on. */
  readonly onTrouble?: (error: Error) => void;
  /** Least time between two calls of onChange, in milliseconds; 100 by default, 0 for a call with each message. */
  readonly throttle_ms?: number;
  /** How many of the latest log lines are kept; 1,000 by default. */
  readonly max_logs?: number;
}

export interface RunWatch {
  /** Resolves when the state is that of the database and every change from now on arrives. Rejects when the run is not the caller's. */
  readonly ready: Promise<void>;
  readonly status: FeedStatus;
  /** Undefined until the first read. */
  readonly state: RunState | undefined;
  stop(): Promise<void>;
}

/** Rows of each kind in one read. */
const PAGE_ROWS = 1000;

/**
 * Keeps the state of a run as the database has it: built from its rows, and kept from then on by what the topic of the run
 * tells. What is missed is read from the rows; nothing is told twice, and nothing is left out.
 */
export function watchRun(
  client: SupabaseClient<Database>,
  runId: string,
  { onChange, onStatus, onTrouble, throttle_ms = 100, max_logs = 1000 }: RunWatchOptions = {},
): RunWatch {
  const builder = new RunStateBuilder(max_logs);
  const tell = throttle(() => {
    const { state } = builder;
    const change = state && builder.takeChange();
    if (!change) return;
    try {
      onChange?.(state, change);
    } catch (error) {
      onTrouble?.(asError(error));
    }
  }, throttle_ms);

  const readRows = async (after: number | undefined, afterLog: number | undefined, limit: number) => {
    const { data, error } = await client.rpc('run_changes', {
      p_run_id: runId,
      p_after_fill_seq: builder.lastFillSeq,
      p_limit: limit,
      ...(after === undefined ? {} : { p_after_event_seq: after }),
      ...(afterLog === undefined ? {} : { p_after_log_seq: afterLog }),
    });
    if (error) throw error;
    return RunChanges.parse(data);
  };

  const catchUp = async (after: number | undefined): Promise<CaughtUp> => {
    const { lastLogSeq } = builder;
    let changes = await readRows(after, lastLogSeq, PAGE_ROWS);
    // Lines that would be thrown away at once are not read.
    const firstKept = changes.last_log_seq - max_logs;
    if (changes.has_more.logs && firstKept > (changes.logs.at(-1)?.seq ?? 0)) {
      changes = await readRows(after, firstKept, PAGE_ROWS);
    }
    builder.takeRows(changes);
    const { has_more } = changes;
    const hasMore = has_more.changes || has_more.fills || has_more.logs;
    if (!hasMore) tell.ask();
    return { seq: changes.event_seq, hasMore };
  };

  const feed = new OrderedFeed(
    client,
    {
      topic: runTopic(runId),
      read: (event, payload) => readMessage(builder, tell.ask, event, payload),
      catchUp,
      newest: async (after) => (await readRows(after, builder.lastLogSeq, 1)).last_event_seq,
    },
    { onStatus, onTrouble },
  );
  return {
    ready: feed.ready,
    get status() {
      return feed.status;
    },
    get state() {
      return builder.state;
    },
    stop: () => {
      tell.cancel();
      return feed.stop();
    },
  };
}

function readMessage(
  builder: RunStateBuilder,
  ask: () => void,
  event: string,
  payload: unknown,
): FeedFrame | undefined {
  const frame = <T extends { from_seq: number; seq: number }>(message: T, take: (message: T) => void): FeedFrame => ({
    from_seq: message.from_seq,
    seq: message.seq,
    apply: () => {
      take(message);
      ask();
    },
  });
  switch (event) {
    case 'order_update':
      return frame(OrderUpdate.parse(payload), (message) => builder.takeOrders(message));
    case 'position_update':
      return frame(PositionUpdate.parse(payload), (message) => builder.takePositions(message));
    case 'pnl_update':
      return frame(PnlUpdate.parse(payload), (message) => builder.takeProfit(message));
    case 'log_message':
      return frame(LogMessage.parse(payload), ({ logs, seq }) => builder.takeLogs(logs, seq));
    default:
      return undefined;
  }
}
