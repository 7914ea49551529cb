import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';

const POLL_MS = 1;
const PATIENCE_MS = 2_000;
const XIDS = 2 ** 32;

/**
 * Waits until everyone sees what transactions did. Replication can tell of a commit a moment before Postgres shows it to
 * others: who looked for its rows at once would not find them.
 * @param xids Numbers of transactions whose commits have been streamed, as 32 bits.
 */
export async function awaitVisible(pool: Pool, xids: Iterable<number>): Promise<void> {
  const wanted = [...new Set(xids)];
  const patientUntil = performance.now() + PATIENCE_MS;
  while (wanted.length > 0 && performance.now() < patientUntil) {
    const { rows } = await pool.query<{ snapshot: string }>('select pg_current_snapshot()::text as snapshot');
    if (wanted.every((xid) => isVisible(rows[0]?.snapshot ?? '', xid))) return;
    await delay(POLL_MS);
  }
}

/** @param snapshot `xmin:xmax:xip,xip`, whose numbers have 64 bits. */
function isVisible(snapshot: string, xid: number): boolean {
  const [, xmax = '0', running = ''] = snapshot.split(':');
  const low = (text: string) => Number(BigInt.asUintN(32, BigInt(text)));
  // Numbers go round: less than half the way behind is the past.
  const behind = (low(xmax) - (xid >>> 0) + XIDS) % XIDS;
  if (behind === 0 || behind > XIDS / 2) return false;
  return !running.split(',').some((other) => other !== '' && low(other) === xid >>> 0);
}
