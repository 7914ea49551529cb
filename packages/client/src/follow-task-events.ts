import type { SupabaseClient } from '@supabase/supabase-js';
import { TASK_EVENTS, TaskEvent, userTopic } from '@tradebase/contracts';
import type { Database } from './database.types.ts';
import { MOST_EVENTS, newestEvent, readEvents } from './event-rows.ts';
import { type CaughtUp, type FeedFrame, OrderedFeed } from './ordered-feed.ts';
import type { NamedTaskEvent } from './user-event.ts';

export interface TaskFeed {
  /** Resolves when the feed is live: every event from now on arrives. Rejects when the server refuses the topic. */
  readonly live: Promise<void>;
  stop(): Promise<void>;
}

/** Bounds of the wait for a row to become visible: 1.1 seconds in all. */
const VISIBLE_ATTEMPTS = 20;
const VISIBLE_STEP_MS = 5;

/**
 * Follows the task events of the signed-in user, in order and without gaps: Realtime makes them fast, and whatever it
 * missed, before a reconnect for instance, is read from the table `events`. Each event is delivered once; when a task's
 * end is delivered, its rows can be read.
 *
 * @param options.after number of the last event already seen; events before the feed began are left out by default
 * @param options.onTrouble told when the connection is lost, refused or cannot catch up; the feed keeps trying
 */
export function followTaskEvents(
  client: SupabaseClient<Database>,
  userId: string,
  onEvent: (event: NamedTaskEvent) => void,
  { after, onTrouble }: { after?: number; onTrouble?: (error: Error) => void } = {},
): TaskFeed {
  const topic = userTopic(userId);
  const refused = Promise.withResolvers<never>();
  // Whoever does not wait for `live` hears of trouble from onTrouble.
  refused.promise.catch(() => {});

  /** Waits until a row that Realtime told of can be read: Postgres sends a commit a moment before others see it. */
  const untilVisible = async (seq: number) => {
    for (let attempt = 1; attempt <= VISIBLE_ATTEMPTS; attempt += 1) {
      if ((await newestEvent(client, topic)) >= seq) return;
      await new Promise((resolve) => setTimeout(resolve, attempt * VISIBLE_STEP_MS));
    }
    onTrouble?.(new Error(`the rows of event ${seq} cannot be read yet`));
  };

  const deliver = (name: string, payload: unknown) => {
    const known = TASK_EVENTS.find((candidate) => candidate === name);
    const event = TaskEvent.safeParse(payload);
    if (known && event.success) onEvent({ name: known, event: event.data });
  };

  const catchUp = async (seen: number | undefined): Promise<CaughtUp> => {
    if (seen === undefined) return { seq: await newestEvent(client, topic), hasMore: false };
    const rows = await readEvents(client, topic, seen);
    for (const { event, payload } of rows) deliver(event, payload);
    return { seq: rows.at(-1)?.seq ?? seen, hasMore: rows.length === MOST_EVENTS };
  };

  const read = (name: string, payload: unknown): FeedFrame | undefined => {
    const seq = TaskEvent.shape.seq.safeParse(Object(payload).seq).data;
    if (seq === undefined) return undefined;
    return {
      from_seq: seq,
      seq,
      apply: async () => {
        if (name === 'task_completed' || name === 'task_failed') await untilVisible(seq);
        deliver(name, payload);
      },
    };
  };

  const feed = new OrderedFeed(
    client,
    { topic, read, catchUp, newest: () => newestEvent(client, topic) },
    {
      onTrouble: (error) => {
        refused.reject(error);
        onTrouble?.(error);
      },
    },
    after,
  );
  return { live: Promise.race([feed.ready, refused.promise]), stop: () => feed.stop() };
}
