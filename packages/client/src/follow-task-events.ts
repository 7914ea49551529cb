import { TASK_EVENTS, TaskEvent, type TaskEventName, userTopic } from '@tradebase/contracts';
import type { TradebaseClient } from './create-tradebase-client.ts';

/** An event and its name. */
export interface NamedTaskEvent {
  readonly name: TaskEventName;
  readonly event: TaskEvent;
}

export interface TaskFeed {
  /** Resolves when the feed is live: every event from now on arrives. Rejects when the server refuses the topic. */
  readonly live: Promise<void>;
  stop(): Promise<void>;
}

/** Most events read from the table in one go; it keeps the last 1,000 of a topic. */
const CATCH_UP_LIMIT = 1000;

/** Bounds of the wait for a row to become visible: 1.1 seconds in all. */
const VISIBLE_ATTEMPTS = 20;
const VISIBLE_STEP_MS = 5;

/**
 * Follows the task events of the signed-in user, in order and without gaps: Realtime makes them fast, and whatever it
 * missed, before a reconnect for instance, is read from the table `events`. Each event is delivered once; when a task's
 * end is delivered, its rows can be read. A client can have one feed at a time: supabase-js shares channels by topic.
 *
 * @param options.after number of the last event already seen; events before the feed began are left out by default
 * @param options.onTrouble told when the connection is lost, refused or cannot catch up; supabase-js keeps trying
 */
export function followTaskEvents(
  client: TradebaseClient,
  userId: string,
  onEvent: (event: NamedTaskEvent) => void,
  { after, onTrouble }: { after?: number; onTrouble?: (error: Error) => void } = {},
): TaskFeed {
  const topic = userTopic(userId);
  let lastSeq = after;
  // One at a time, so that a catch-up and a live event cannot overtake each other.
  let queue: Promise<void> = Promise.resolve();
  const inOrder = (step: () => Promise<void>) => {
    const done = queue.then(step);
    // A step that failed must not stop those after it.
    queue = done.catch(() => {});
    return done;
  };

  /** Waits until a row that Realtime told of can be read: Postgres sends a commit a moment before others see it. */
  const untilVisible = async (seq: number) => {
    for (let attempt = 1; attempt <= VISIBLE_ATTEMPTS; attempt += 1) {
      const { data, error } = await client.from('events').select('seq').eq('topic', topic).gte('seq', seq).limit(1);
      if (error) throw error;
      if (data.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, attempt * VISIBLE_STEP_MS));
    }
    onTrouble?.(new Error(`the rows of event ${seq} cannot be read yet`));
  };

  const deliver = (name: string, payload: unknown) => {
    const event = TaskEvent.safeParse(payload);
    const known = TASK_EVENTS.find((candidate) => candidate === name);
    if (!event.success || event.data.seq <= (lastSeq ?? 0)) return;
    lastSeq = event.data.seq;
    if (known) onEvent({ name: known, event: event.data });
  };

  const catchUp = async () => {
    const rows = client.from('events').select('seq, event, payload').eq('topic', topic);
    if (lastSeq === undefined) {
      const { data, error } = await rows.order('seq', { ascending: false }).limit(1);
      if (error) throw error;
      lastSeq = data[0]?.seq ?? 0;
      return;
    }
    const { data, error } = await rows.gt('seq', lastSeq).order('seq').limit(CATCH_UP_LIMIT);
    if (error) throw error;
    for (const { seq, event, payload } of data) {
      deliver(event, typeof payload === 'object' ? { ...payload, seq } : payload);
      // Events of other kinds count in the same numbers: without this each would look like a gap for ever.
      lastSeq = Math.max(lastSeq, seq);
    }
  };

  const subscribed = Promise.withResolvers<void>();
  // Whoever does not wait for `live` hears of trouble from onTrouble.
  subscribed.promise.catch(() => {});
  const onError = (error: Error) => {
    subscribed.reject(error);
    onTrouble?.(error);
  };

  const channel = client.channel(topic, { config: { private: true } });
  for (const name of TASK_EVENTS) {
    channel.on('broadcast', { event: name }, ({ payload }) => {
      const seq = TaskEvent.safeParse(payload).data?.seq ?? 0;
      inOrder(async () => {
        if (lastSeq !== undefined && seq > lastSeq + 1) await catchUp();
        if (name === 'task_completed' || name === 'task_failed') await untilVisible(seq);
        deliver(name, payload);
      }).catch(onError);
    });
  }
  const subscribe = () =>
    channel.subscribe((status, error) => {
      if (status === 'SUBSCRIBED') inOrder(catchUp).then(subscribed.resolve, onError);
      else if (status === 'CHANNEL_ERROR') onError(error ?? new Error(`the server refused the topic ${topic}`));
      else if (status === 'TIMED_OUT') onError(new Error(`no answer to joining the topic ${topic}`));
    });
  // Without the token in hand, the first join would go out without it and be refused.
  client.realtime.setAuth().then(subscribe, onError);
  return {
    live: subscribed.promise,
    stop: async () => {
      await client.removeChannel(channel);
    },
  };
}
