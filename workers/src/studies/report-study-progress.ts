import type pg from 'pg';
import type { ClaimedStudy } from './claim-study.ts';

/** Writes how far a study has come, 0 to 1. False when it is no longer this worker's: cancelled, or claimed anew. */
export async function reportStudyProgress(
  database: pg.Pool,
  { id, attempt }: Pick<ClaimedStudy, 'id' | 'attempt'>,
  progress: number,
): Promise<boolean> {
  const { rowCount } = await database.query(
    `update public.studies set progress = $3 where id = $1 and attempt = $2 and status = 'running'`,
    [id, attempt, progress],
  );
  return rowCount === 1;
}
