import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

/** Between looks whether the lock is free. */
const POLL_MS = 500;

/**
 * Does work while holding an advisory lock of the database, of which there is one by each name: whoever else wants it waits.
 * A worker that dies lets go of it. Rejects when told to stop while waiting.
 */
export async function withAdvisoryLock<T>(
  database: pg.Pool,
  name: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const client = await database.connect();
  try {
    for (;;) {
      const { rows } = await client.query('select pg_try_advisory_lock(hashtextextended($1, 0)) as locked', [name]);
      if (rows[0]?.locked === true) break;
      await delay(POLL_MS, undefined, { signal });
    }
    return await work();
  } finally {
    // The lock ends with its connection.
    client.release(true);
  }
}
