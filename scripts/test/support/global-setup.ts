import { scramVerifier } from '@tradebase/local-stack';
import { shareTestServer } from '@tradebase/local-stack/testing';
import pg from 'pg';

/** Password of tradebase_worker on the throwaway test server. */
export const WORKER_PASSWORD = 'test-worker';

/** One Postgres with a migrated template for the whole run; each test file clones a database of its own. */
export default async function setUp(): Promise<() => Promise<void>> {
  const server = await shareTestServer();
  await enableWorkerLogin(server.templateUrl);
  return () => server.stop();
}

/** Lets workers log in. A role belongs to the whole server: once is enough, and twice at a time would collide. */
export async function enableWorkerLogin(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`alter role tradebase_worker login password '${scramVerifier(WORKER_PASSWORD)}'`);
  await client.end();
}
