import type { Pool, PoolClient } from 'pg';

/** Lends a connection of the pool to some work. One on which something failed is closed rather than used again. */
export async function withConnection<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return lend(await pool.connect(), work);
}

/**
 * As `withConnection`, but only if the pool has a connection, or may open one, that nobody else uses or waits for. Does
 * nothing otherwise: work that has one connection already and waited for another could wait for itself.
 */
export async function withSpareConnection(pool: Pool, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const taken = pool.totalCount - pool.idleCount + pool.waitingCount;
  if (taken >= pool.options.max) return;
  // The server may have no connection to spare though the pool has.
  const client = await pool.connect().catch(() => undefined);
  if (client) await lend(client, work);
}

async function lend<T>(client: PoolClient, work: (client: PoolClient) => Promise<T>): Promise<T> {
  // A connection that breaks is told to the query in progress; unheard, the event would also end the process.
  const ignore = () => {};
  client.on('error', ignore);
  let failure: Error | undefined;
  try {
    return await work(client);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    client.release(failure);
    client.off('error', ignore);
  }
}
