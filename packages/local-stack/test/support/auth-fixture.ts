import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type pg from 'pg';
import { type AuthServer, createAuthServer } from '../../src/auth/auth-server.ts';
import type { OutgoingEmail } from '../../src/auth/outbox.ts';
import { findProjectDir, readStackConfig, type StackConfig } from '../../src/config/stack-config.ts';
import { newStackKeys, type StackKeys } from '../../src/config/stack-keys.ts';
import { createTokenVerifier } from '../../src/config/verify-token.ts';
import { serveFetch } from '../../src/gateway/serve-fetch.ts';
import { type LoginRole, PostgresCluster } from '../../src/postgres/cluster.ts';
import { ensurePlatform, withClient } from '../../src/postgres/database.ts';
import { findFreePort } from '../../src/process/port-in-use.ts';
import { listen } from '../../src/services.ts';

const DATABASE = 'auth_test';
const PASSWORD = 'correct horse battery';

/** Auth on a database of its own, and the means to look at it from outside. */
export interface AuthFixture {
  readonly url: string;
  readonly keys: StackKeys;
  readonly logLines: string[];
  /** Moves the clock of Auth forward. */
  advance(ms: number): void;
  /** A browser's client, without a session. */
  client(): SupabaseClient;
  /** A server's client, with the service key. */
  admin(): SupabaseClient;
  /** A client that has just signed up under a new address. */
  signedUp(): Promise<{ client: SupabaseClient; email: string; password: string; id: string }>;
  inbox(): Promise<OutgoingEmail[]>;
  inboxPage(): Promise<string>;
  /** Runs SQL as a role, `postgres` unless said otherwise, and gives the rows of the last statement. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[], role?: LoginRole): Promise<Row[]>;
  stop(): Promise<void>;
}

/** Starts Auth on a fresh database, with other settings than config.toml's, after a migration run as `postgres`. */
export async function startAuthFixture(
  overrides: Partial<StackConfig['auth']> = {},
  migration = '',
): Promise<AuthFixture> {
  const dir = mkdtempSync(join(tmpdir(), 'auth-test-'));
  const keys = await newStackKeys();
  const cluster = await PostgresCluster.start({
    dir,
    port: await findFreePort(),
    passwords: keys.passwords,
    durable: false,
  });
  const stopPostgres = async () => {
    await cluster.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await ensurePlatform(cluster, DATABASE);
    await withClient(cluster, 'postgres', DATABASE, (connection) => connection.query(migration));
    return await serveAuth(cluster, keys, overrides, stopPostgres);
  } catch (error) {
    await stopPostgres();
    throw error;
  }
}

async function serveAuth(
  cluster: PostgresCluster,
  keys: StackKeys,
  overrides: Partial<StackConfig['auth']>,
  stopPostgres: () => Promise<void>,
): Promise<AuthFixture> {
  const url = `http://127.0.0.1:${await findFreePort()}`;
  const config = readStackConfig(findProjectDir(import.meta.dirname));
  const logLines: string[] = [];
  let offset = 0;
  const auth = await createAuthServer(
    {
      config: { ...config, auth: { ...config.auth, ...overrides } },
      keys,
      verifyToken: await createTokenVerifier(keys),
      apiUrl: url,
      database: DATABASE,
      databaseUrl: (role) => cluster.urlFor(role, DATABASE),
      log: (service, message) => logLines.push(`${service}: ${message}`),
    },
    { now: () => new Date(Date.now() + offset) },
  );
  const server = await listen(Number(new URL(url).port));
  server.on('request', (request, response) => route(auth, new URL(request.url ?? '/', url), request, response));

  const client = (key = keys.anonKey) =>
    createClient(url, key, { auth: { autoRefreshToken: false, persistSession: false, detectSessionInUrl: false } });
  return {
    url,
    keys,
    logLines,
    client: () => client(),
    admin: () => client(keys.serviceRoleKey),
    advance(ms) {
      offset += ms;
    },
    async signedUp() {
      const email = newEmail();
      const browser = client();
      const { data, error } = await browser.auth.signUp({ email, password: PASSWORD });
      if (error || !data.user) throw error ?? new Error('no user');
      return { client: browser, email, password: PASSWORD, id: data.user.id };
    },
    inbox: async () => (await fetch(`${url}/inbox.json`)).json() as Promise<OutgoingEmail[]>,
    inboxPage: async () => (await fetch(`${url}/inbox`)).text(),
    query: (text, values = [], role = 'postgres') =>
      withClient(cluster, role, DATABASE, async (connection) => {
        // Several statements give several results, which the types of pg do not say.
        const results = [await connection.query(text, values)].flat();
        return results.at(-1)?.rows ?? [];
      }),
    async stop() {
      server.close();
      server.closeAllConnections();
      await auth.close();
      await stopPostgres();
    },
  };
}

let emails = 0;

/** An address nobody has used in this test file. */
export function newEmail(): string {
  emails += 1;
  return `trader${emails}@example.com`;
}

/** What the gateway does for Auth: takes the prefix away. */
function route(auth: AuthServer, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const authorization = request.headers.authorization ?? null;
  if (url.pathname.startsWith('/inbox')) {
    return serveFetch(request, response, { handle: auth.inbox, url: url.href, authorization });
  }
  const path = url.pathname.replace(/^\/auth\/v1/, '');
  return serveFetch(request, response, { handle: auth.handle, url: url.origin + path + url.search, authorization });
}
