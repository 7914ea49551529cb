import type { Pool, PoolClient } from 'pg';
import { isDatabaseAnswer } from './database-answer.ts';

/** Works in a transaction that is rolled back: questions that set a role leave nothing of it behind. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    try {
      return await work(client);
    } finally {
      await client.query('rollback');
    }
  } catch (error) {
    // A connection that failed rather than answered is not used again.
    broken = isDatabaseAnswer(error) ? undefined : toError(error);
    throw error;
  } finally {
    client.release(broken);
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
