import type { SupabaseClient } from '@supabase/supabase-js';
import { TaskEvent, userTopic } from '@tradebase/contracts';
import { asError } from './as-error.ts';
import type { Database } from './database.types.ts';
import { MOST_EVENTS, newestEvent, readEvents } from './event-rows.ts';
import { type CaughtUp, type FeedFrame, type FeedStatus, OrderedFeed } from './ordered-feed.ts';
import { throttle } from './throttle.ts';
import { readUserEvent, type UserEvent } from './user-event.ts';
import { readUserSnapshot, type UserChange, type UserState, UserStateBuilder } from './user-state.ts';

export interface UserWatchOptions {
  /** The user, where the client has no session of Auth to say who it is. */
  readonly user_id?: string;
  /** Told of the state whenever it has changed, and of what changed. The first time it tells all. */
  readonly onChange?: (state: UserState, change: UserChange) => void;
  readonly onStatus?: (status: FeedStatus) => void;
  /** Told of whatever goes wrong, malformed events and lost connections among it; the watch goes on. */
  readonly onTrouble?: (error: Error) => void;
  /** Least time between two calls of onChange, in milliseconds; 100 by default, 0 for a call with each event. */
  readonly throttle_ms?: number;
}

export interface UserWatch {
  /** Resolves when the state is that of the database and every event from now on arrives. Rejects when nobody is signed in. */
  readonly ready: Promise<void>;
  readonly status: FeedStatus;
  readonly state: UserState;
  stop(): Promise<void>;
}

/**
 * Keeps the statuses of a user's bots and runners, of tasks and the latest alerts, by the events of the user's topic in their
 * order. What is missed is read from `events`, which keeps the last 1,000; who missed more begins anew.
 */
export function watchUser(client: SupabaseClient<Database>, options: UserWatchOptions = {}): UserWatch {
  const builder = new UserStateBuilder();
  let feed: OrderedFeed | undefined;
  let isStopped = false;
  const tell = throttle(() => {
    const change = builder.takeChange();
    if (change) attempt(() => options.onChange?.(builder.state, change), options.onTrouble);
  }, options.throttle_ms ?? 100);

  const start = async () => {
    const userId = options.user_id ?? (await signedInUser(client));
    if (isStopped) throw new Error('the feed was stopped');
    feed = openFeed(client, userId, builder, tell.ask, options);
    await feed.ready;
  };
  const ready = start();
  ready.catch((error: unknown) => {
    if (!feed && !isStopped) options.onTrouble?.(asError(error));
  });
  return {
    ready,
    get status() {
      return isStopped ? 'closed' : (feed?.status ?? 'connecting');
    },
    get state() {
      return builder.state;
    },
    stop: async () => {
      isStopped = true;
      tell.cancel();
      await feed?.stop();
    },
  };
}

function openFeed(
  client: SupabaseClient<Database>,
  userId: string,
  builder: UserStateBuilder,
  ask: () => void,
  { onStatus, onTrouble }: UserWatchOptions,
): OrderedFeed {
  const topic = userTopic(userId);

  const catchUp = async (after: number | undefined): Promise<CaughtUp> => {
    const rows = after === undefined ? [] : await readEvents(client, topic, after);
    const [oldest] = rows;
    if (after === undefined || (oldest && oldest.seq > after + 1)) {
      // The number first: rows may be newer than it, and what the events after it say of them is said again.
      const seq = await newestEvent(client, topic);
      builder.takeSnapshot(await readUserSnapshot(client), seq);
      ask();
      return { seq, hasMore: false };
    }
    for (const { seq, event, payload } of rows) {
      let named: UserEvent | undefined;
      attempt(() => {
        named = readUserEvent(event, payload);
      }, onTrouble);
      builder.takeEvent(seq, named);
    }
    ask();
    return { seq: rows.at(-1)?.seq ?? after, hasMore: rows.length === MOST_EVENTS };
  };

  const read = (name: string, payload: unknown): FeedFrame => {
    const seq = TaskEvent.shape.seq.parse(Object(payload).seq);
    const named = readUserEvent(name, payload);
    return {
      from_seq: seq,
      seq,
      apply: () => {
        builder.takeEvent(seq, named);
        ask();
      },
    };
  };

  const source = { topic, read, catchUp, newest: () => newestEvent(client, topic) };
  return new OrderedFeed(client, source, { onStatus, onTrouble });
}

async function signedInUser(client: SupabaseClient<Database>): Promise<string> {
  const { data, error } = await client.auth.getSession();
  if (error) throw error;
  if (!data.session) throw new Error('nobody is signed in: sign in before you watch, or name the user');
  return data.session.user.id;
}

function attempt(work: () => void, onTrouble: ((error: Error) => void) | undefined): void {
  try {
    work();
  } catch (error) {
    onTrouble?.(asError(error));
  }
}
