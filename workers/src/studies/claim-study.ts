import { StudyDirection, Timeframe } from '@tradebase/contracts';
import type pg from 'pg';
import { z } from 'zod';

const ClaimedStudy = z.object({
  id: z.guid(),
  user_id: z.guid(),
  kind: z.string(),
  instrument_id: z.int(),
  timeframe: Timeframe,
  spec: z.record(z.string(), z.unknown()),
  /** As it was written: whoever runs the study parses it, and says what is wrong. */
  search_space: z.unknown(),
  objective: z.string().nullable(),
  direction: StudyDirection,
  /** As requested; null where that is left to the kind. */
  requested_trials: z.int().nullable(),
  /** Most trials that the owner's plan allows; null for any number. */
  most_trials: z.coerce.number().nullable(),
  seed: z.coerce.number(),
  attempt: z.int(),
});

/** A study that this worker may run. `attempt` is its claim: a later claim makes every write of this one void. */
export type ClaimedStudy = z.infer<typeof ClaimedStudy>;

/** Marks a study as running here. Undefined when there is nothing to do: cancelled, finished or deleted. */
export async function claimStudy(database: pg.Pool, id: string): Promise<ClaimedStudy | undefined> {
  const { rows } = await database.query(
    `update public.studies
     set status = 'running', attempt = attempt + 1, started_at = coalesce(started_at, now())
     where id = $1 and status in ('queued', 'running')
     returning id, user_id, kind, instrument_id, timeframe, spec, search_space, objective, direction, requested_trials,
       private.quota(user_id, 'trials_per_study') as most_trials, seed, attempt`,
    [id],
  );
  return rows[0] && ClaimedStudy.parse(rows[0]);
}

/** Whether a study is still this worker's: neither cancelled, nor deleted, nor claimed anew. */
export async function holdsStudy(
  database: pg.Pool,
  { id, attempt }: Pick<ClaimedStudy, 'id' | 'attempt'>,
): Promise<boolean> {
  const { rowCount } = await database.query(
    `select from public.studies where id = $1 and attempt = $2 and status = 'running'`,
    [id, attempt],
  );
  return rowCount === 1;
}
