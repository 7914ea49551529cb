import type { Pool } from 'pg';
import type { Pgoutput } from 'pg-logical-replication';
import type { Log } from '../stack-context.ts';
import { awaitVisible } from './await-visible.ts';
import { readMessagesSince } from './missed-messages.ts';
import { RecentMessages } from './recent-messages.ts';
import { ReplicationStream } from './replication-stream.ts';
import { parseStoredMessage, type StoredMessage } from './stored-message.ts';

const PUBLICATION = 'supabase_realtime_messages_publication';

/** Of more transactions than these none is still about to become visible. */
const RECENT_COMMITS = 64;

export interface MessageStreamOptions {
  /** Of a role with REPLICATION. */
  readonly databaseUrl: string;
  /** Reads the rows that were committed while there was no connection. */
  readonly pool: Pool;
  readonly onMessage: (message: StoredMessage) => void;
  /** Told how long ago the transaction was committed whose messages come now, in milliseconds. */
  readonly onCommit?: (lagMs: number) => void;
  readonly log: Log;
}

/**
 * The rows of realtime.messages as they are committed, each once and in the order of the commits. Those committed while
 * the connection was lost are read from the table when it is back, before anything later; among them the order is that
 * of their insertion.
 */
export class MessageStream {
  readonly #options: MessageStreamOptions;
  readonly #stream: ReplicationStream;
  /** Since the first slot; before it nobody has missed anything. */
  #recent: RecentMessages | undefined;
  #commits: number[] = [];

  constructor(options: MessageStreamOptions) {
    this.#options = options;
    this.#stream = new ReplicationStream({
      databaseUrl: options.databaseUrl,
      publication: PUBLICATION,
      subject: 'broadcasts from the database',
      onSlot: () => this.#catchUp(),
      onMessage: (message) => this.#receive(message),
      log: options.log,
    });
  }

  /** Resolves when every later commit will be seen; a new promise after each loss of the connection. */
  get ready(): Promise<void> {
    return this.#stream.ready;
  }

  get isStreaming(): boolean {
    return this.#stream.isStreaming;
  }

  /** Resolves when a query sees every message that has been sent so far. */
  async visible(): Promise<void> {
    await awaitVisible(this.#options.pool, this.#commits);
  }

  close(): Promise<void> {
    return this.#stream.close();
  }

  /** The slot is made: what was committed before is in the table, and what comes after is streamed, or both. */
  async #catchUp(): Promise<void> {
    if (!this.#recent) {
      this.#recent = new RecentMessages(await this.#databaseTime());
      return;
    }
    let missed = 0;
    await readMessagesSince(this.#options.pool, new Date(this.#recent.since), (row) => {
      if (this.#send(row)) missed += 1;
    });
    if (missed > 0) this.#options.log('realtime', `${missed} broadcasts waited for the connection and are sent now`);
  }

  async #databaseTime(): Promise<number> {
    const { rows } = await this.#options.pool.query<{ now: Date }>('select now() as now');
    return rows[0]?.now.getTime() ?? Date.now();
  }

  #receive(message: Pgoutput.Message): void {
    if (message.tag === 'begin') {
      this.#commits.push(message.xid);
      if (this.#commits.length > RECENT_COMMITS) this.#commits.shift();
      this.#options.onCommit?.(Date.now() - Number(message.commitTime.valueOf() / 1000n));
    } else if (message.tag === 'insert') {
      this.#send(message.new);
    }
  }

  /** Hands a row on; false where it has been already. */
  #send(row: Record<string, unknown>): boolean {
    try {
      const message = parseStoredMessage(row);
      if (this.#recent?.note(message.id, message.insertedAt) === false) return false;
      this.#options.onMessage(message);
    } catch (error) {
      this.#options.log('realtime', `a row of realtime.messages was not sent: ${String(error)}`);
    }
    return true;
  }
}
