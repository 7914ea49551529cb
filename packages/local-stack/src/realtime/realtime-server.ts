import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { WebSocketServer } from 'ws';
import type { StackContext } from '../stack-context.ts';
import { payloadSize } from './broadcast.ts';
import { checkHandshake, type Handshake, HandshakeRefused, refuseUpgrade } from './check-handshake.ts';
import { Connection } from './connection.ts';
import { handleBroadcastRequest } from './http-broadcast.ts';
import { CLIENT_SILENCE_MS, MAX_CONNECTIONS, MAX_FRAME_BYTES, MAX_PAYLOAD_BYTES } from './limits.ts';
import { MessageStream } from './message-stream.ts';
import { PartitionKeeper } from './partition-keeper.ts';
import type { RealtimeServices } from './realtime-services.ts';
import { Rooms } from './rooms.ts';

/** Realtime for one stack, behind a gateway that has taken `/realtime/v1` off the path. */
export interface RealtimeServer {
  /** Opens a websocket, or answers with an HTTP error. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Answers the HTTP endpoints below `/api/broadcast`. */
  handle(request: Request): Promise<Response>;
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

/** Starts Realtime; resolves when broadcasts from the database are being sent. */
export async function createRealtimeServer(context: StackContext): Promise<RealtimeServer> {
  const rooms = new Rooms();
  const databaseUrl = context.databaseUrl('supabase_realtime_admin');
  const pool = createPool(databaseUrl);
  const keeper = new PartitionKeeper(pool, context.log);
  await keeper.run();
  const stream = new MessageStream({
    databaseUrl,
    pool,
    log: context.log,
    onMessage: ({ topic, isPrivate, broadcast }) => {
      if (payloadSize(broadcast) > MAX_PAYLOAD_BYTES) throw new Error('its payload is too large');
      rooms.broadcast(topic, isPrivate, broadcast);
    },
  });
  await startOfStream(stream, context);
  return new Server({ context, pool, rooms, stream, log: context.log }, keeper);
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
          const connection = new Connection({ ...handshake, socket: websocket, services: this.#services });
          this.#connections.add(connection);
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
    return handleBroadcastRequest(this.#services, request);
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
    await this.#services.stream.close();
    await this.#services.pool.end();
  }

  async #check(request: IncomingMessage): Promise<Handshake> {
    const handshake = await checkHandshake(this.#services.context, request);
    if (this.#closed) throw new HandshakeRefused(503, 'Realtime is shutting down');
    if (this.#connections.size >= MAX_CONNECTIONS) throw new HandshakeRefused(429, 'Too many connected users');
    return handshake;
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
