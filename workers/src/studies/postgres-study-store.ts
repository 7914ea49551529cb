import { ParameterValues, TrialMetrics } from '@tradebase/contracts';
import { EngineError } from '@tradebase/engine';
import type pg from 'pg';
import { z } from 'zod';
import { inTransaction } from '../postgres/in-transaction.ts';
import type { ClaimedStudy } from './claim-study.ts';
import type { StudyStanding, StudyStore, TrialRecord } from './study.ts';

const TrialRow = z.object({
  number: z.int(),
  params: ParameterValues,
  status: z.enum(['completed', 'failed']),
  metrics: TrialMetrics.nullable(),
  objective_value: z.number().nullable(),
  error: z.string().nullable(),
});

/** Trials of a study that this worker has claimed, in the table trials. */
export class PostgresStudyStore implements StudyStore {
  readonly #database: pg.Pool;
  readonly #study: ClaimedStudy;

  constructor(database: pg.Pool, study: ClaimedStudy) {
    this.#database = database;
    this.#study = study;
  }

  async loadTrials(): Promise<readonly TrialRecord[]> {
    const { rows } = await this.#database.query(
      `select number, params, status, metrics, objective_value, error from public.trials
       where user_id = $1 and study_id = $2 and status in ('completed', 'failed') order by number`,
      [this.#study.user_id, this.#study.id],
    );
    return z.array(TrialRow).parse(rows);
  }

  /** @throws EngineError `invalid_study` when it comes to more trials than its owner may make */
  async recordTrials(trials: readonly TrialRecord[], standing: StudyStanding): Promise<boolean> {
    const { most_trials } = this.#study;
    if (most_trials !== null && standing.planned_trials > most_trials) {
      throw new EngineError(
        'invalid_study',
        `the study comes to ${standing.planned_trials} trials; ${most_trials} are the most that your plan allows: search less`,
      );
    }
    return inTransaction(this.#database, (client) => this.#write(client, trials, standing));
  }

  async #write(
    client: pg.PoolClient,
    trials: readonly TrialRecord[],
    { progress, best_trial, planned_trials }: StudyStanding,
  ): Promise<boolean> {
    const { id, user_id, attempt } = this.#study;
    // Locked first, so that a claim by another worker, or a cancellation, comes before these trials or after them.
    const { rowCount } = await client.query(
      `select from public.studies where id = $1 and attempt = $2 and status = 'running' for update`,
      [id, attempt],
    );
    if (rowCount !== 1) return false;
    await client.query(
      `insert into public.trials (study_id, user_id, number, params, metrics, objective_value, status, error, finished_at)
       select $1, $2, t.number, t.params, t.metrics, t.objective_value, t.status, left(t.error, 4000), now()
       from jsonb_to_recordset($3) as t (number integer, params jsonb, metrics jsonb, objective_value float8, status text, error text)
       on conflict do nothing`,
      [id, user_id, JSON.stringify(trials)],
    );
    await client.query(
      `update public.studies
       set progress = greatest(0, least(1, $2::float8)), best_trial = $3, planned_trials = nullif($4::integer, 0)
       where id = $1`,
      [id, progress, best_trial, planned_trials],
    );
    return true;
  }

  /** Of all studies of the family of the strategy, deleted ones included: what the deflated Sharpe ratio needs. */
  async countTrials(): Promise<number> {
    const { rows } = await this.#database.query<{ count: string }>('select private.family_trials($1) as count', [
      this.#study.id,
    ]);
    return Number(rows[0]?.count ?? 0);
  }
}
