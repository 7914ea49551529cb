import type pg from 'pg';
import type { ClaimedStudy } from './claim-study.ts';

/** What a study found, and what it was made with. */
export interface CompletedStudy {
  readonly result: object;
  readonly bestTrial: number | null;
  readonly engineVersion: string;
  readonly dataVersion: number;
}

/**
 * Writes the result and marks the study completed. False, with nothing written, when it is no longer this worker's:
 * cancelled, or claimed anew.
 */
export async function completeStudy(
  database: pg.Pool,
  { id, attempt }: ClaimedStudy,
  { result, bestTrial, engineVersion, dataVersion }: CompletedStudy,
): Promise<boolean> {
  const { rowCount } = await database.query(
    `update public.studies
     set status = 'completed', progress = 1, result = $3, best_trial = $4, engine_version = $5, data_version = $6
     where id = $1 and attempt = $2 and status = 'running'`,
    [id, attempt, JSON.stringify(result), bestTrial, engineVersion, dataVersion],
  );
  return rowCount === 1;
}
