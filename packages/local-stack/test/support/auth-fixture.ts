import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type pg from 'pg';
import { type AuthServer, createAuthServer } from '../../src/auth/auth-server.ts';
import type { OutgoingEmail } from '../../src/auth/email/outbox.ts';
import { type EmailConfig, findProjectDir, readStackConfig, type StackConfig } from '../../src/config/stack-config.ts';
import { newStackKeys, type StackKeys } from '../../src/config/stack-keys.ts';
import { createTokenVerifier } from '../../src/config/verify-token.ts';
import { answerStarting } from '../../src/gateway/answer-starting.ts';
import { serveFetch } from '../../src/gateway/serve-fetch.ts';
import type { LoginRole } from '../../src/postgres/cluster.ts';
import { withClient } from '../../src/postgres/database.ts';
import { listen } from '../../src/services.ts';
import { startTestDatabase, TEST_PASSWORD_COST, type TestDatabase } from '../../src/testing.ts';

const PASSWORD = 'correct horse battery';

/** Auth on a database of its own, and the means to look at it from outside. */
export interface AuthFixture {
  readonly url: string;
  readonly keys: StackKeys;
  readonly logLines: string[];
  /** Moves the clock of Auth forward. */
  advance(ms: number): void;
  /** What Auth takes for now. */
  now(): Date;
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

export interface AuthFixtureOptions {
  /** SQL that `postgres` runs before Auth starts, as a migration would. */
  readonly migration?: string;
  /** Hash passwords as dearly as hosted Auth does, for a test that looks at the hash. */
  readonly hostedPasswordCost?: boolean;
  /** Refuse clients and addresses that ask too often. */
  readonly rateLimits?: boolean;
}

/** Settings other than config.toml's. */
export type AuthOverrides = Partial<Omit<StackConfig['auth'], 'email'>> & { readonly email?: Partial<EmailConfig> };

/** Starts Auth on a database of its own, with other settings than config.toml's. */
export async function startAuthFixture(
  overrides: AuthOverrides = {},
  options: AuthFixtureOptions = {},
): Promise<AuthFixture> {
  const database = await startTestDatabase();
  try {
    return await serveAuth(database, overrides, options);
  } catch (error) {
    await database.drop();
    throw error;
  }
}

async function serveAuth(
  database: TestDatabase,
  overrides: AuthOverrides,
  { migration = '', hostedPasswordCost = false, rateLimits = false }: AuthFixtureOptions,
): Promise<AuthFixture> {
  const connect = <T>(role: LoginRole, work: (connection: pg.Client) => Promise<T>) =>
    withClient({ urlFor: (user) => database.urlFor(user) }, role, database.name, work);
  await connect('postgres', (connection) => connection.query(migration));
  const keys = await newStackKeys();
  const server = await listen(0);
  // Nothing but Auth is behind this address.
  server.off('request', answerStarting);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = readStackConfig(findProjectDir(import.meta.dirname));
  const logLines: string[] = [];
  let offset = 0;
  const now = () => new Date(Date.now() + offset);
  const auth = await createAuthServer(
    {
      config: {
        ...config,
        auth: { ...config.auth, ...overrides, email: { ...config.auth.email, ...overrides.email } },
      },
      keys,
      verifyToken: await createTokenVerifier(keys),
      apiUrl: url,
      database: database.name,
      databaseUrl: (role) => database.urlFor(role),
      log: (service, message) => logLines.push(`${service}: ${message}`),
    },
    {
      now,
      passwordCost: hostedPasswordCost ? undefined : TEST_PASSWORD_COST,
      rateLimits,
    },
  ).catch((error: unknown) => {
    server.close();
    throw error;
  });
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
    now,
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
      connect(role, async (connection) => {
        // Several statements give several results, which the types of pg do not say.
        const results = [await connection.query(text, values)].flat();
        return results.at(-1)?.rows ?? [];
      }),
    async stop() {
      server.close();
      server.closeAllConnections();
      await auth.close();
      await database.drop();
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
