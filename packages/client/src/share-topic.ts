import type { RealtimeChannel, SupabaseClient } from '@supabase/supabase-js';
import { asError } from './as-error.ts';
import type { Database } from './database.types.ts';

/** Who listens to a topic. */
export interface TopicListener {
  onMessage(event: string, payload: unknown): void;
  /** Every message from now on arrives. Told again after each lost connection. */
  onJoined(): void;
  /** The connection is lost, or the topic was refused: `isDenied` says that it is not the caller's. Joining is tried again. */
  onLost(error: Error, isDenied: boolean): void;
}

/** Pause before a channel that the server closed, as it does when a token has expired, is opened again. */
const REOPEN_MS = 1000;

const topicsOfClients = new WeakMap<SupabaseClient<Database>, Map<string, SharedTopic>>();

/**
 * Listens to a private topic with the client's one connection. All listeners of a topic share a channel, because supabase-js has
 * one for each topic: it is joined for the first and left after the last. Call what is returned to stop listening.
 */
export function shareTopic(
  client: SupabaseClient<Database>,
  topic: string,
  listener: TopicListener,
): () => Promise<void> {
  const topics = topicsOfClients.get(client) ?? new Map<string, SharedTopic>();
  topicsOfClients.set(client, topics);
  const shared = topics.get(topic) ?? new SharedTopic(client, topic);
  topics.set(topic, shared);
  shared.add(listener);
  return async () => {
    await shared.remove(listener);
    if (shared.isUnused && topics.get(topic) === shared) topics.delete(topic);
  };
}

class SharedTopic {
  readonly #client: SupabaseClient<Database>;
  readonly #topic: string;
  readonly #listeners = new Set<TopicListener>();
  #channel: RealtimeChannel | undefined;
  #isJoined = false;
  #reopening: ReturnType<typeof setTimeout> | undefined;
  /** One step at a time: a channel is left before another is opened for its topic. */
  #steps: Promise<void> = Promise.resolve();

  constructor(client: SupabaseClient<Database>, topic: string) {
    this.#client = client;
    this.#topic = topic;
  }

  get isUnused(): boolean {
    return this.#listeners.size === 0;
  }

  add(listener: TopicListener): void {
    this.#listeners.add(listener);
    this.#inOrder(async () => {
      if (this.#channel === undefined) await this.#open();
      else if (this.#isJoined && this.#listeners.has(listener)) listener.onJoined();
    });
  }

  remove(listener: TopicListener): Promise<void> {
    this.#listeners.delete(listener);
    return this.#inOrder(async () => {
      if (this.isUnused) await this.#close();
    });
  }

  #inOrder(step: () => Promise<void>): Promise<void> {
    this.#steps = this.#steps.then(step).catch((error: unknown) => this.#lose(asError(error)));
    return this.#steps;
  }

  async #open(): Promise<void> {
    if (this.isUnused) return;
    // Without the token in hand, the first join would go out without it and be refused.
    await this.#client.realtime.setAuth();
    const channel = this.#client.channel(this.#topic, { config: { private: true } });
    this.#channel = channel;
    channel.on('broadcast', { event: '*' }, ({ event, payload }) => {
      for (const listener of [...this.#listeners]) listener.onMessage(event, payload);
    });
    channel.subscribe((status, error) => {
      if (this.#channel !== channel) return;
      if (status === 'SUBSCRIBED') this.#join();
      else if (status === 'CHANNEL_ERROR') this.#lose(error ?? new Error(`the connection to ${this.#topic} is lost`));
      else if (status === 'TIMED_OUT') this.#lose(new Error(`no answer to joining the topic ${this.#topic}`));
      else this.#reopen();
    });
  }

  #join(): void {
    this.#isJoined = true;
    for (const listener of [...this.#listeners]) listener.onJoined();
  }

  #lose(error: Error): void {
    this.#isJoined = false;
    for (const listener of [...this.#listeners]) listener.onLost(error, isDenial(error));
  }

  /** The server closed the channel; supabase-js joins again after errors, but not after this. */
  #reopen(): void {
    this.#lose(new Error(`the server closed the topic ${this.#topic}`));
    this.#reopening ??= setTimeout(() => {
      this.#reopening = undefined;
      this.#inOrder(async () => {
        await this.#close();
        await this.#open();
      });
    }, REOPEN_MS);
  }

  async #close(): Promise<void> {
    clearTimeout(this.#reopening);
    this.#reopening = undefined;
    const channel = this.#channel;
    this.#channel = undefined;
    this.#isJoined = false;
    if (channel) await this.#client.removeChannel(channel);
  }
}

/** Whether the server said that the topic is not the caller's, rather than that it is too busy or gone. */
function isDenial(error: Error): boolean {
  const reply: unknown = error.cause;
  if (typeof reply !== 'object' || reply === null || !('reason' in reply) || 'code' in reply) return false;
  return typeof reply.reason === 'string' && /unauthorized|permission/i.test(reply.reason);
}
