import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { WebSocketServer } from 'ws';
import type { StackContext } from '../stack-context.ts';
import { payloadSize } from './broadcast.ts';
import { PostgresChanges } from './changes/postgres-changes.ts';
import { checkHandshake, type Handshake, HandshakeRefused, refuseUpgrade } from './check-handshake.ts';
import { Connection } from './connection.ts';
import { EventRate } from './event-rate.ts';
import { handleBroadcastRequest } from './http-broadcast.ts';
import { CLIENT_SILENCE_MS, DEFAULT_LIMITS, MAX_FRAME_BYTES, type RealtimeLimits } from './limits.ts';
import { MessageStream } from './message-stream.ts';
import { type Gauges, Metrics, prometheusText } from './metrics.ts';
import { PartitionKeeper } from './partition-keeper.ts';
import type { RealtimeServices } from './realtime-services.ts';
import { Rooms } from './rooms.ts';
import type { StoredMessage } from './stored-message.ts';
import { CredentialRefused, verifyCredential } from './verify-credential.ts';

/** Realtime for one stack, behind a gateway that has taken `/realtime/v1` off the path. */
export interface RealtimeServer {
  /** Opens a websocket, or answers with an HTTP error. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Answers the HTTP endpoints below `/api/broadcast`, and `/metrics` for the secret key. */
  handle(request: Request): Promise<Response>;
  /** One line for a developer about what goes on now. */
  summary(): string;
  /** Resolves when every later broadcast from the database will be sent; a new promise after each lost connection. */
  readonly ready: Promise<void>;
  /** Closes every websocket with code 1001, and ends every connection to Postgres. */
  close(): Promise<void>;
}

/** Enough for policy checks, which take about a millisecond each. */
const POOL_SIZE = 4;
const POLICY_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Making a replication slot waits for transactions that are open: a start waits no longer than this. */
const STREAM_START_MS = 10_000;

export interface RealtimeOptions {
  /** What differs from the limits that hosted Supabase has. */
  readonly limits?: Partial<RealtimeLimits> | undefined;
}

/** Starts Realtime; resolves when broadcasts from the database are being sent. */
export async function createRealtimeServer(
  context: StackContext,
  options: RealtimeOptions = {},
): Promise<RealtimeServer> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const databaseUrl = context.databaseUrl('supabase_realtime_admin');
  const { log } = context;
  const pool = createPool(databaseUrl);
  const keeper = new PartitionKeeper(pool, log);
  await keeper.run();
  const rate = (perSecond: number) => new EventRate(perSecond, limits.rateWindowSeconds);
  const shared = {
    rooms: new Rooms(),
    metrics: new Metrics(),
    rates: {
      joins: rate(limits.joinsPerSecond),
      events: rate(limits.eventsPerSecond),
      presence: rate(limits.presenceEventsPerSecond),
    },
  };
  const stream = new MessageStream({
    databaseUrl,
    pool,
    log,
    onCommit: (lagMs) => {
      shared.metrics.replicationLagMs = Math.max(0, lagMs);
    },
    onMessage: (message) => sendStored(message, limits, shared),
  });
  await startOfStream(stream, context);
  const changes = new PostgresChanges({ databaseUrl, pool, log });
  return new Server({ ...shared, context, pool, stream, changes, limits, log }, keeper);
}

/** Sends a broadcast from the database to its room. Throws where it is over a limit, which is then logged. */
function sendStored(
  { topic, isPrivate, broadcast }: StoredMessage,
  { payloadBytes }: RealtimeLimits,
  { rooms, metrics, rates }: Pick<RealtimeServices, 'rooms' | 'metrics' | 'rates'>,
): void {
  if (payloadSize(broadcast) > payloadBytes) throw new Error('its payload is too large');
  if (!rates.events.take()) {
    metrics.broadcastsOverLimit += 1;
    throw new Error('too many messages per second');
  }
  metrics.broadcastsFromDatabase += 1;
  rooms.broadcast(topic, isPrivate, broadcast);
}

class Server implements RealtimeServer {
  readonly #services: RealtimeServices;
  readonly #keeper: PartitionKeeper;
  readonly #websockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  });
  readonly #connections = new Set<Connection>();
  readonly #silence: NodeJS.Timeout;
  #closed: Promise<void> | undefined;

  constructor(services: RealtimeServices, keeper: PartitionKeeper) {
    this.#services = services;
    this.#keeper = keeper;
    this.#silence = setInterval(() => this.#dropSilent(), CLIENT_SILENCE_MS / 4);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until ws takes the socket over, nobody else listens; a client that hangs up must not end the process.
    const ignore = () => {};
    socket.on('error', ignore);
    this.#check(request)
      .then((handshake) => {
        socket.off('error', ignore);
        this.#websockets.handleUpgrade(request, socket, head, (websocket) => {
          const connection = new Connection({
            ...handshake,
            socket: websocket,
            transport: socket,
            services: this.#services,
          });
          this.#connections.add(connection);
          this.#services.metrics.connectionsOpened += 1;
          websocket.once('close', () => this.#connections.delete(connection));
        });
      })
      .catch((error: unknown) => {
        if (!(error instanceof HandshakeRefused))
          this.#services.log('realtime', `a handshake failed: ${String(error)}`);
        refuseUpgrade(socket, asRefusal(error));
      });
  }

  handle(request: Request): Promise<Response> {
    if (new URL(request.url).pathname === '/metrics') return this.#showMetrics(request);
    return handleBroadcastRequest(this.#services, request);
  }

  summary(): string {
    const { connections, channels, postgresChangesSubscriptions, replicating } = this.#gauges();
    const lag = replicating ? `${this.#services.metrics.replicationLagMs} ms behind` : 'waiting for the database';
    return `${connections} websockets, ${channels} channels, ${postgresChangesSubscriptions} subscriptions to changes, ${lag}`;
  }

  get ready(): Promise<void> {
    return this.#services.stream.ready;
  }

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  async #shutDown(): Promise<void> {
    clearInterval(this.#silence);
    await Promise.all([...this.#connections].map((connection) => connection.close(1001, 'Realtime is shutting down')));
    await this.#keeper.close();
    await Promise.all([this.#services.stream.close(), this.#services.changes.close()]);
    await this.#services.pool.end();
  }

  async #check(request: IncomingMessage): Promise<Handshake> {
    const handshake = await checkHandshake(this.#services.context, request);
    if (this.#closed) throw new HandshakeRefused(503, 'Realtime is shutting down');
    if (this.#connections.size >= this.#services.limits.connections)
      throw new HandshakeRefused(429, 'Too many connected users');
    return handshake;
  }

  /** For servers with the secret key only: figures tell how busy others are. */
  async #showMetrics({ method, headers }: Request): Promise<Response> {
    if (method !== 'GET') return Response.json({ error: 'Method not allowed' }, { status: 405 });
    const credential = /^bearer (.+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? headers.get('apikey') ?? '';
    const claims = await verifyCredential(this.#services.context, credential).catch((error: unknown) => {
      if (error instanceof CredentialRefused) return undefined;
      throw error;
    });
    if (!claims) return Response.json({ error: 'Unauthorized' }, { status: 401 });
    if (claims.role !== 'service_role') return Response.json({ error: 'Forbidden' }, { status: 403 });
    return new Response(prometheusText(this.#services.metrics, this.#gauges()), {
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    });
  }

  #gauges(): Gauges {
    const { changes, stream } = this.#services;
    return {
      connections: this.#connections.size,
      channels: [...this.#connections].reduce((sum, connection) => sum + connection.channels, 0),
      postgresChangesSubscriptions: changes.subscriptions,
      postgresChangesMessages: changes.delivered,
      replicating: stream.isStreaming,
    };
  }

  #dropSilent(): void {
    const limit = Date.now() - CLIENT_SILENCE_MS;
    for (const connection of this.#connections) if (connection.heardAt < limit) connection.terminate();
  }
}

async function startOfStream(stream: MessageStream, { log }: StackContext): Promise<void> {
  const started = new AbortController();
  const late = delay(STREAM_START_MS, undefined, { signal: started.signal }).then(() =>
    log('realtime', 'broadcasts from the database are not sent yet: Postgres waits for an open transaction'),
  );
  await Promise.race([stream.ready, late]);
  started.abort();
}

function createPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: POLICY_TIMEOUT_MS,
    query_timeout: 2 * POLICY_TIMEOUT_MS,
    application_name: 'realtime',
  });
  // An idle connection that Postgres ends leaves the pool by itself.
  pool.on('error', () => {});
  // One that ends in use fails its query, which is enough; unheard, the event would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

function asRefusal(error: unknown): HandshakeRefused {
  return error instanceof HandshakeRefused ? error : new HandshakeRefused(500, 'Error connecting to Realtime');
}
