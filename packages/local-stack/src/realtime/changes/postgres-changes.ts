import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Log } from '../../stack-context.ts';
import { awaitVisible } from '../await-visible.ts';
import { ReplicationStream } from '../replication-stream.ts';
import type { Frame, Serializer } from '../serializer.ts';
import { ChangeQueue } from './change-queue.ts';
import type { ChangeListener, ChangeSubscription } from './change-subscription.ts';
import { checkRequest, PUBLICATION } from './check-request.ts';
import { type Delivery, judgeChanges } from './judge-changes.ts';
import type { RowChange } from './row-change.ts';
import { SubscriptionIndex } from './subscription-index.ts';

export interface PostgresChangesOptions {
  /** Of a role with REPLICATION. */
  readonly databaseUrl: string;
  /** Connections as supabase_realtime_admin. */
  readonly pool: Pool;
  readonly log: Log;
}

/** How long the slot is kept after the last subscriber has gone. */
const IDLE_MS = 60_000;
/** Deliveries after which other work has its turn. */
const DELIVERIES_AT_ONCE = 50;

/**
 * Postgres Changes: rows of the tables in the publication supabase_realtime, sent to those whose policies let them see
 * them. It reads through a slot of its own, there only while somebody listens, so that it never holds up broadcasts.
 */
export class PostgresChanges {
  readonly #options: PostgresChangesOptions;
  readonly #subscriptions = new SubscriptionIndex();
  readonly #queue = new ChangeQueue((batch) => this.#work(batch));
  #stream: ReplicationStream | undefined;
  #idle: NodeJS.Timeout | undefined;
  #ended: Promise<void> = Promise.resolve();
  #closed = false;
  #delivered = 0;

  constructor(options: PostgresChangesOptions) {
    this.#options = options;
  }

  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  /** Messages sent to clients so far. */
  get delivered(): number {
    return this.#delivered;
  }

  /**
   * Begins a subscription; resolves when every later commit will be seen, or at once when the signal says that nobody
   * waits any more. Throws SubscriptionRefused.
   */
  async subscribe(subscription: ChangeSubscription, signal: AbortSignal): Promise<void> {
    await checkRequest(this.#options.pool, subscription.request, subscription.claims.role);
    if (signal.aborted || this.#closed) return;
    clearTimeout(this.#idle);
    this.#subscriptions.add(subscription);
    await this.#streaming().ready;
  }

  unsubscribe(subscription: ChangeSubscription): void {
    this.#subscriptions.delete(subscription);
    if (this.#subscriptions.size > 0 || this.#closed) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#endStream(), IDLE_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    this.#endStream();
    await this.#ended;
    await this.#queue.drained();
  }

  #streaming(): ReplicationStream {
    this.#stream ??= new ReplicationStream({
      databaseUrl: this.#options.databaseUrl,
      publication: PUBLICATION,
      subject: 'changes of tables',
      onMessage: (message) => this.#queue.receive(message),
      waits: true,
      log: this.#options.log,
    });
    return this.#stream;
  }

  #endStream(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream) this.#ended = Promise.all([this.#ended, stream.close()]).then(() => {});
  }

  async #work(batch: readonly RowChange[]): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#deliver(await this.#judge(batch));
    } catch (error) {
      this.#options.log('realtime', `${batch.length} changes of tables were not sent: ${String(error)}`);
    }
  }

  /** Judges each table's changes together, and answers in the order of the commits. */
  async #judge(batch: readonly RowChange[]): Promise<Delivery[]> {
    const { pool, log } = this.#options;
    await awaitVisible(
      pool,
      batch.map(({ commit }) => commit.xid),
    );
    const deliveries = new Map<RowChange, Delivery[]>();
    for (const [relation, changes] of Map.groupBy(batch, (change) => change.relation)) {
      const subscriptions = this.#subscriptions.of(relation.schema, relation.name);
      const judged = await judgeChanges({ pool, log, changes, subscriptions });
      for (const [place, change] of changes.entries()) deliveries.set(change, judged[place] ?? []);
    }
    return batch.flatMap((change) => deliveries.get(change) ?? []);
  }

  async #deliver(deliveries: readonly Delivery[]): Promise<void> {
    for (const [place, { data, subscriptions }] of deliveries.entries()) {
      if (place % DELIVERIES_AT_ONCE === DELIVERIES_AT_ONCE - 1) await nextTurn();
      const frames = new Map<Serializer, Map<string, Frame>>();
      for (const [listener, own] of Map.groupBy(subscriptions, (subscription) => subscription.listener)) {
        listener.sendFrame(frameOf(frames, listener, [...new Set(own.map(({ id }) => id))], data));
        this.#delivered += 1;
      }
    }
  }
}

/** Listeners with the same requests on the same topic share a frame. */
function frameOf(
  frames: Map<Serializer, Map<string, Frame>>,
  { serializer, topic }: ChangeListener,
  ids: readonly number[],
  data: string,
): Frame {
  const made = frames.get(serializer) ?? new Map<string, Frame>();
  frames.set(serializer, made);
  const payload = `{"ids":${JSON.stringify(ids)},"data":${data}}`;
  const key = `${ids.join()} ${topic}`;
  const frame = made.get(key) ?? serializer.encodeJson(topic, 'postgres_changes', payload);
  made.set(key, frame);
  return frame;
}
