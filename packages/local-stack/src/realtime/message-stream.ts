import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { LogicalReplicationService, type Pgoutput, PgoutputPlugin } from 'pg-logical-replication';
import type { Log } from '../stack-context.ts';
import { parseStoredMessage, type StoredMessage } from './stored-message.ts';

const PUBLICATION = 'supabase_realtime_messages_publication';
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5_000;
const STATUS_INTERVAL_S = 10;
const CONNECT_TIMEOUT_MS = 5_000;
/** The slot reads every table's changes. With Postgres's 64MB a million rows spill to disk and hold messages up for seconds. */
const DECODING_MEMORY = '256MB';

export interface MessageStreamOptions {
  /** Of a role with REPLICATION. */
  readonly databaseUrl: string;
  readonly onMessage: (message: StoredMessage) => void;
  readonly log: Log;
}

/**
 * The rows of realtime.messages as they are committed, in the order of the commits. They come through a temporary
 * replication slot, which Postgres drops with the connection: a server that dies leaves nothing that holds back WAL,
 * and what is committed while the connection is down is not sent later.
 */
export class MessageStream {
  readonly #options: MessageStreamOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #client: Client | undefined;
  #ready = Promise.withResolvers<void>();
  #streaming = false;
  #retryMs = FIRST_RETRY_MS;

  constructor(options: MessageStreamOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Resolves when every later commit will be seen; a new promise after each loss of the connection. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#client?.end();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const reason = await this.#stream();
      if (this.#closing.signal.aborted) return;
      this.#options.log('realtime', `broadcasts from the database wait for a connection: ${reason}`);
      await delay(this.#retryMs, undefined, { signal: this.#closing.signal }).catch(() => {});
      this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    }
  }

  /** Streams until the connection ends, and says why it did. */
  async #stream(): Promise<string> {
    const service = new LogicalReplicationService(
      {
        connectionString: this.#options.databaseUrl,
        connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
        keepAlive: true,
        options: `-c logical_decoding_work_mem=${DECODING_MEMORY}`,
      },
      { acknowledge: { auto: false, timeoutSeconds: STATUS_INTERVAL_S } },
    );
    service.on('start', () => {
      this.#retryMs = FIRST_RETRY_MS;
      this.#streaming = true;
      this.#ready.resolve();
    });
    service.on('data', (_lsn, message: Pgoutput.Message) => this.#receive(message));
    service.on('heartbeat', (lsn, _sentAt, wantsAnswer) => {
      if (wantsAnswer) void service.acknowledge(previousLsn(lsn));
    });
    // The same error rejects subscribe(); without a listener it would end the process.
    service.on('error', () => {});
    try {
      const plugin = new TemporarySlotPlugin((client) => this.#connected(client));
      await service.subscribe(plugin, `realtime_${randomBytes(8).toString('hex')}`);
      return 'the server ended the stream';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      if (this.#streaming) this.#ready = Promise.withResolvers<void>();
      this.#streaming = false;
      await service.stop();
    }
  }

  /** A service cannot be stopped while it connects, so that this is the first moment to notice. */
  #connected(client: Client): void {
    this.#closing.signal.throwIfAborted();
    this.#client = client;
  }

  #receive(message: Pgoutput.Message): void {
    if (message.tag === 'relation') keepText(message);
    if (message.tag !== 'insert') return;
    try {
      this.#options.onMessage(parseStoredMessage(message.new));
    } catch (error) {
      this.#options.log('realtime', `a row of realtime.messages was not sent: ${String(error)}`);
    }
  }
}

/** Makes its slot on the connection that streams from it: a temporary slot belongs to the connection that made it. */
class TemporarySlotPlugin extends PgoutputPlugin {
  readonly #connected: (client: Client) => void;

  constructor(connected: (client: Client) => void) {
    super({ protoVersion: 1, publicationNames: [PUBLICATION] });
    this.#connected = connected;
  }

  override async start(client: Client, slotName: string): Promise<unknown> {
    this.#connected(client);
    await client.query(`CREATE_REPLICATION_SLOT "${slotName}" TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT`);
    return super.start(client, slotName, '0/0');
  }
}

/** Columns stay the text that Postgres sent: parsing a payload only to print it again would cost time and digits. */
function keepText(relation: Pgoutput.MessageRelation): void {
  for (const column of relation.columns) column.parser = (raw: string) => raw;
}

/**
 * acknowledge() confirms one byte more than it is given. A server that shuts down waits until exactly what it sent is
 * confirmed, and would wait for its wal_sender_timeout.
 */
function previousLsn(lsn: string): string {
  const [high = '0', low = '0'] = lsn.split('/');
  const previous = (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`) - 1n;
  return `${(previous >> 32n).toString(16)}/${(previous & 0xffffffffn).toString(16)}`;
}
