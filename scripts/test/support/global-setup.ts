import { shareTestServer } from '@tradebase/local-stack/testing';

/** One Postgres with a migrated template for the whole run; each test file clones a database of its own. */
export default async function setUp(): Promise<() => Promise<void>> {
  const server = await shareTestServer();
  return () => server.stop();
}
