import { startTestDatabase } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { WORKER_PASSWORD } from '../../../../scripts/test/support/global-setup.ts';

/** A migrated database for one test file, with connections that end with it. */
export interface CandleDatabase {
  /** Opens a connection as the role that imports, or as `postgres`. */
  connect(role?: 'postgres' | 'tradebase_worker'): Promise<pg.Client>;
  /** A pool of connections as the role that imports and loads. */
  openPool(options?: pg.PoolConfig): pg.Pool;
  /** Connection URL of `postgres`. */
  readonly url: string;
  stop(): Promise<void>;
}

export async function startCandleDatabase(): Promise<CandleDatabase> {
  const database = await startTestDatabase();
  const clients: pg.Client[] = [];
  const pools: pg.Pool[] = [];
  const urlFor = (role: 'postgres' | 'tradebase_worker') => {
    const url = new URL(database.urlFor('postgres'));
    if (role === 'tradebase_worker') {
      url.username = role;
      url.password = WORKER_PASSWORD;
    }
    return url.href;
  };
  return {
    url: database.urlFor('postgres'),
    connect: async (role = 'tradebase_worker') => {
      const client = new pg.Client({ connectionString: urlFor(role) });
      // Tests break connections on purpose; the query in progress tells.
      client.on('error', () => {});
      await client.connect();
      clients.push(client);
      return client;
    },
    openPool: (options) => {
      const pool = new pg.Pool({ connectionString: urlFor('tradebase_worker'), ...options });
      pool.on('error', () => {});
      pools.push(pool);
      return pool;
    },
    stop: async () => {
      await Promise.all([...clients, ...pools].map((each) => each.end().catch(() => undefined)));
      await database.drop();
    },
  };
}
