import type pg from 'pg';
import type { ClaimedBacktest } from './claim-backtest.ts';

/** Writes how far a backtest has come, 0 to 1. False when it is no longer this worker's: cancelled, or claimed anew. */
export async function reportProgress(
  database: pg.Pool,
  { id, attempt }: Pick<ClaimedBacktest, 'id' | 'attempt'>,
  progress: number,
): Promise<boolean> {
  const { rowCount } = await database.query(
    `update public.backtests set progress = $3 where id = $1 and attempt = $2 and status = 'running'`,
    [id, attempt, progress],
  );
  return rowCount === 1;
}
