import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProjectDir, readStackConfig } from './config/stack-config.ts';
import { newStackKeys, type StackKeys } from './config/stack-keys.ts';
import { createTokenVerifier } from './config/verify-token.ts';
import { type ClusterPasswords, type LoginRole, newPasswords, PostgresCluster } from './postgres/cluster.ts';
import { cloneDatabase, type DatabaseServer, dropDatabase, ensurePlatform } from './postgres/database.ts';
import { migrate } from './postgres/migrate.ts';
import { findFreePort } from './process/port-in-use.ts';
import type { RealtimeLimits } from './realtime/limits.ts';
import { listen, Services } from './services.ts';
import type { Log, StackContext } from './stack-context.ts';
import { noteProcess, startTestRun } from './testing/test-run.ts';

export { findFreePort } from './process/port-in-use.ts';
export { mintToken } from './testing/mint-token.ts';
export { showSecondFactor } from './testing/show-second-factor.ts';
export { noteStackHome } from './testing/test-run.ts';

const TEMPLATE = 'tradebase_template';
const SHARED_SERVER_VARIABLE = 'TRADEBASE_TEST_SERVER';
/** bcrypt's least. Users of a test sign up in a millisecond rather than in sixty. */
export const TEST_PASSWORD_COST = 4;

/** A Postgres server with a migrated template, for many stacks to clone from. */
export interface TestServer {
  readonly server: DatabaseServer;
  /** Present when this process started the server. */
  readonly cluster?: PostgresCluster;
  /** Connection URL of the role `postgres` to the template: for reading the migrated schema. */
  readonly templateUrl: string;
  stop(): Promise<void>;
}

/** Starts a throwaway Postgres whose template has all migrations of the project applied. */
export async function startTestServer(projectDir = findProjectDir(import.meta.dirname)): Promise<TestServer> {
  const dir = mkdtempSync(join(tmpdir(), 'tradebase-test-'));
  const passwords = newPasswords();
  const cluster = await startThrowawayCluster(dir, passwords);
  const stop = async () => {
    await cluster.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await ensurePlatform(cluster, TEMPLATE);
    await migrate(cluster, TEMPLATE, projectDir);
    return { server: cluster, cluster, templateUrl: cluster.urlFor('postgres', TEMPLATE), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Begins a test run: a server that stacks of this process and its children use, each with a database of its own, and a
 * sweeper that leaves nothing of the run behind, whatever becomes of this process.
 */
export async function shareTestServer(): Promise<TestServer> {
  const run = await startTestRun();
  const testServer = await startTestServer();
  const { port, passwords } = testServer.cluster?.options ?? {};
  process.env[SHARED_SERVER_VARIABLE] = JSON.stringify({ port, passwords });
  return {
    ...testServer,
    stop: async () => {
      await testServer.stop();
      await run.end();
    },
  };
}

export interface TestStackOptions {
  /** Serve supabase/functions too; costs half a second. */
  readonly functions?: boolean;
  /** Use a server of its own, for a test that restarts Postgres. */
  readonly ownServer?: boolean;
  /** Refuse clients of Auth that ask too often; false by default, for all users of a test come from one address. */
  readonly authRateLimits?: boolean;
  /** What differs from hosted Realtime's limits. */
  readonly realtimeLimits?: Partial<RealtimeLimits>;
  /** Hash passwords as dearly as hosted Auth does. */
  readonly hostedPasswordCost?: boolean;
  readonly log?: Log;
}

/** What clients need to know of a stack, whichever process it runs in. */
export interface StackAddress {
  readonly apiUrl: string;
  readonly keys: StackKeys;
  /** Connection URL of a login role to this stack's database. */
  databaseUrl(role?: LoginRole): string;
}

/** A whole stack for one test file: own database, random ports, nothing shared but the Postgres server. */
export interface TestStack extends StackAddress {
  readonly context: StackContext;
  /** Restarts Postgres under the running services; needs `ownServer`. */
  restartPostgres(): Promise<void>;
  stop(): Promise<void>;
}

/** A database of one's own on a test server. */
export interface TestDatabase {
  readonly name: string;
  urlFor(role: LoginRole): string;
  /** Stops Postgres and starts it again, with what a test does in between; needs `ownServer`. */
  restartPostgres(between?: () => Promise<void>): Promise<void>;
  drop(): Promise<void>;
}

/** Clones a migrated database, in a fraction of a second where a server is shared. */
export async function startTestDatabase({ ownServer = false } = {}): Promise<TestDatabase> {
  const { server, cluster, stop } = ownServer ? await startTestServer() : await findTestServer();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await cloneDatabase(server, TEMPLATE, name);
  return {
    name,
    urlFor: (role) => server.urlFor(role, name),
    restartPostgres: async (between) => {
      if (!ownServer || !cluster) throw new Error('only a server of its own may be restarted: pass ownServer');
      await cluster.restart(between);
      noteProcess('postgres', cluster.pid);
    },
    drop: async () => {
      if (!cluster) await dropDatabase(server, name);
      await stop();
    },
  };
}

/** Starts an ephemeral stack on a fresh clone of the migrated template. */
export async function startStack(options: TestStackOptions = {}): Promise<TestStack> {
  const database = await startTestDatabase({ ownServer: options.ownServer ?? false });
  try {
    return await serve(database, options);
  } catch (error) {
    await database.drop();
    throw error;
  }
}

async function serve(database: TestDatabase, options: TestStackOptions): Promise<TestStack> {
  const http = await listen(0);
  const address = http.address();
  if (!address || typeof address === 'string') throw new Error('the gateway has no port');
  const keys = await newStackKeys();
  const context: StackContext = {
    config: readStackConfig(findProjectDir(import.meta.dirname)),
    keys,
    verifyToken: await createTokenVerifier(keys),
    apiUrl: `http://127.0.0.1:${address.port}`,
    database: database.name,
    databaseUrl: (role) => database.urlFor(role),
    log: options.log ?? (() => {}),
  };
  const services = await Services.start(http, context, {
    functions: options.functions ?? false,
    watch: false,
    ...(options.hostedPasswordCost ? {} : { passwordCost: TEST_PASSWORD_COST }),
    authRateLimits: options.authRateLimits ?? false,
    realtimeLimits: options.realtimeLimits ?? {},
    onChild: noteProcess,
  }).catch((error: unknown) => {
    http.close();
    throw error;
  });
  return {
    apiUrl: context.apiUrl,
    keys,
    context,
    databaseUrl: (role = 'postgres') => context.databaseUrl(role),
    restartPostgres: () => database.restartPostgres(),
    stop: async () => {
      await services.close();
      await database.drop();
    },
  };
}

async function startThrowawayCluster(dir: string, passwords: ClusterPasswords): Promise<PostgresCluster> {
  try {
    const cluster = await PostgresCluster.start({ dir, port: await findFreePort(), passwords, durable: false });
    noteProcess('postgres', cluster.pid);
    return cluster;
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

async function findTestServer(): Promise<TestServer> {
  const shared = process.env[SHARED_SERVER_VARIABLE];
  if (!shared) return startTestServer();
  const { port, passwords } = JSON.parse(shared) as { port: number; passwords: ClusterPasswords };
  const urlFor: DatabaseServer['urlFor'] = (role, database) =>
    `postgresql://${role}:${passwords[role]}@127.0.0.1:${port}/${database}`;
  return { server: { urlFor }, templateUrl: urlFor('postgres', TEMPLATE), stop: async () => {} };
}
