import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { importJWK, type JWTPayload, SignJWT } from 'jose';
import pg from 'pg';
import { findProjectDir, readStackConfig } from '../../src/config/stack-config.ts';
import { newStackKeys, type StackKeys } from '../../src/config/stack-keys.ts';
import { createTokenVerifier } from '../../src/config/verify-token.ts';
import type { LoginRole } from '../../src/postgres/cluster.ts';
import type { RealtimeLimits } from '../../src/realtime/limits.ts';
import { createRealtimeServer, type RealtimeServer } from '../../src/realtime/realtime-server.ts';
import type { StackContext } from '../../src/stack-context.ts';
import { startTestDatabase, type TestDatabase } from '../../src/testing.ts';

const PREFIX = '/realtime/v1';

/** The Realtime server before a migrated database of its own, for the tests of one file. */
export interface RealtimeFixture {
  /** `http://127.0.0.1:<port>`; Realtime is below /realtime/v1. */
  readonly url: string;
  readonly keys: StackKeys;
  /** A connection as `postgres`, the role of migrations. */
  readonly db: pg.Client;
  connect(role: LoginRole): Promise<pg.Client>;
  readonly realtime: RealtimeServer;
  readonly logged: string[];
  /** A supabase-js client; with a token it is that user's. The fixture disconnects it. */
  client(token?: string, options?: { vsn: '1.0.0' | '2.0.0' }): Promise<SupabaseClient>;
  userToken(sub: string, claims?: JWTPayload): Promise<string>;
  /** Stops Postgres, starts it again, and makes a new `db`; needs `ownServer`. */
  restartPostgres(): Promise<void>;
  close(): Promise<void>;
}

export interface RealtimeFixtureOptions {
  readonly ownServer?: boolean;
  readonly limits?: Partial<RealtimeLimits>;
}

export async function startRealtimeFixture(options: RealtimeFixtureOptions = {}): Promise<RealtimeFixture> {
  const { ownServer = false, limits = {} } = options;
  const database = await startTestDatabase({ ownServer });
  try {
    return await serveDatabase(database, limits);
  } catch (error) {
    await database.drop();
    throw error;
  }
}

async function serveDatabase(database: TestDatabase, limits: Partial<RealtimeLimits>): Promise<RealtimeFixture> {
  const keys = await newStackKeys();
  const logged: string[] = [];
  const context: StackContext = {
    config: readStackConfig(findProjectDir(import.meta.dirname)),
    keys,
    verifyToken: await createTokenVerifier(keys),
    apiUrl: '',
    database: database.name,
    databaseUrl: (role) => database.urlFor(role),
    log: (_service, message) => logged.push(message),
  };
  const realtime = await createRealtimeServer(context, { limits });
  const { url, close: closeHttp } = await serve(realtime);
  let db = await connect('postgres');
  const clients: SupabaseClient[] = [];

  return {
    url,
    keys,
    get db() {
      return db;
    },
    connect,
    realtime,
    logged,
    async client(token, { vsn } = { vsn: '2.0.0' }) {
      const client = createClient(url, keys.publishableKey, {
        realtime: { vsn },
        ...(token !== undefined && { accessToken: async () => token }),
      });
      clients.push(client);
      // A channel that is joined before this resolves is joined without the token.
      await client.realtime.setAuth();
      return client;
    },
    userToken: (sub, claims = {}) => signToken(keys, { sub, role: 'authenticated', aud: 'authenticated', ...claims }),
    async restartPostgres() {
      await database.restartPostgres();
      db = await connect('postgres');
    },
    async close() {
      await Promise.all(clients.map((client) => client.realtime.disconnect()));
      await realtime.close();
      await closeHttp();
      await db.end().catch(() => {});
      await database.drop();
    },
  };

  async function connect(role: LoginRole): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: database.urlFor(role) });
    // A test that restarts Postgres ends this connection, too.
    client.on('error', () => {});
    await client.connect();
    return client;
  }
}

async function serve(realtime: RealtimeServer): Promise<{ url: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => void respond(realtime, request, response));
  server.on('upgrade', (request, socket, head) => {
    request.url = request.url?.slice(PREFIX.length);
    realtime.upgrade(request, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function respond(realtime: RealtimeServer, from: IncomingMessage, to: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of from) chunks.push(chunk);
  const request = new Request(`http://127.0.0.1${from.url?.slice(PREFIX.length)}`, {
    method: from.method ?? 'GET',
    headers: Object.entries(from.headers).map(([name, value]): [string, string] => [name, String(value)]),
    ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
  });
  const response = await realtime.handle(request);
  to.writeHead(response.status, Object.fromEntries(response.headers));
  to.end(Buffer.from(await response.arrayBuffer()));
}

async function signToken({ signingKey }: StackKeys, claims: JWTPayload): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iat: now, exp: now + 3600, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: signingKey.kid, typ: 'JWT' })
    .sign(await importJWK(signingKey, 'ES256'));
}
