import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { LogicalReplicationService, type Pgoutput, PgoutputPlugin } from 'pg-logical-replication';
import type { Log } from '../stack-context.ts';

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5_000;
const STATUS_INTERVAL_S = 10;
const CONNECT_TIMEOUT_MS = 5_000;
/** A slot reads every table's changes. With Postgres's 64MB a million rows spill to disk and hold messages up for seconds. */
const DECODING_MEMORY = '256MB';

export interface ReplicationStreamOptions {
  /** Of a role with REPLICATION. */
  readonly databaseUrl: string;
  readonly publication: string;
  /** What waits while there is no connection, for the log: `broadcasts from the database`. */
  readonly subject: string;
  /** Called after each slot is made and before anything streams from it: what is committed from now on will come. */
  readonly onSlot?: () => Promise<void>;
  /** Called one by one, in the order of commits. */
  readonly onMessage: (message: Pgoutput.Message) => void | Promise<void>;
  /** Read no more from the socket while a promise of onMessage is open, so that Postgres holds back the rest. */
  readonly waits?: boolean;
  readonly log: Log;
}

/**
 * The changes of a publication's tables as they are committed. They come through a temporary replication slot, which
 * Postgres drops with the connection: a server that dies leaves nothing that holds back WAL. A lost connection is made
 * again, with a new slot, until the stream is closed.
 */
export class ReplicationStream {
  readonly #options: ReplicationStreamOptions;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #client: Client | undefined;
  #ready = Promise.withResolvers<void>();
  #streaming = false;
  #retryMs = FIRST_RETRY_MS;

  constructor(options: ReplicationStreamOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Resolves when every later commit will be seen; a new promise after each loss of the connection. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get isStreaming(): boolean {
    return this.#streaming;
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
      this.#options.log('realtime', `${this.#options.subject} wait for a connection: ${reason}`);
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
      {
        acknowledge: { auto: false, timeoutSeconds: STATUS_INTERVAL_S },
        flowControl: { enabled: this.#options.waits ?? false },
      },
    );
    service.on('start', () => {
      this.#retryMs = FIRST_RETRY_MS;
      this.#streaming = true;
      this.#ready.resolve();
    });
    service.on('data', (_lsn, message: Pgoutput.Message) => this.#options.onMessage(message));
    service.on('heartbeat', (lsn, _sentAt, wantsAnswer) => {
      if (wantsAnswer) void service.acknowledge(previousLsn(lsn));
    });
    // The same error rejects subscribe(); without a listener it would end the process.
    service.on('error', () => {});
    try {
      const plugin = new TemporarySlotPlugin(this.#options.publication, {
        connected: (client) => this.#connected(client),
        slotMade: () => this.#options.onSlot?.(),
      });
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
}

interface SlotEvents {
  connected(client: Client): void;
  slotMade(): Promise<void> | undefined;
}

/** Makes its slot on the connection that streams from it: a temporary slot belongs to the connection that made it. */
class TemporarySlotPlugin extends PgoutputPlugin {
  readonly #events: SlotEvents;

  constructor(publication: string, events: SlotEvents) {
    super({ protoVersion: 1, publicationNames: [publication] });
    this.#events = events;
  }

  /** Columns stay the text that Postgres sent: parsing a payload only to print it again would cost time and digits. */
  override parse(buffer: Buffer): Pgoutput.Message {
    const message = super.parse(buffer);
    if (message.tag === 'relation') for (const column of message.columns) column.parser = (raw: string) => raw;
    return message;
  }

  override async start(client: Client, slotName: string): Promise<unknown> {
    this.#events.connected(client);
    await client.query(`CREATE_REPLICATION_SLOT "${slotName}" TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT`);
    await this.#events.slotMade();
    return super.start(client, slotName, '0/0');
  }
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
