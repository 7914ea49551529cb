import type pg from 'pg';

/** What one look has found. */
export interface RunnerSweep {
  /** Sessions that were disconnected, or whose bots were treated as of a runner that is gone. */
  readonly offline: number;
  /** Commands whose time was over. */
  readonly expired: number;
  /** Users to whose bots an emergency stop of the system was applied, later than to the others. */
  readonly halted: number;
}

/** After a restart of the database no runner was heard of for a while, and none of them is to blame. */
const MARK_SILENT = `
  select case when pg_postmaster_start_time() < now() - private.config_number('runner.timeout_s') * interval '1 second'
    then private.mark_silent_runners() else 0 end as count`;
const EXPIRE = 'select private.expire_runner_commands() as count';
const HALT = 'select private.carry_out_halts() as count';

/** Carries out emergency stops, marks silent runners and expires commands until there are none left. Each call of the database is a transaction of its own. */
export async function sweepRunners(database: pg.Pool, signal: AbortSignal): Promise<RunnerSweep> {
  return {
    halted: await untilNone(database, HALT, signal),
    offline: await untilNone(database, MARK_SILENT, signal),
    expired: await untilNone(database, EXPIRE, signal),
  };
}

async function untilNone(database: pg.Pool, query: string, signal: AbortSignal): Promise<number> {
  let total = 0;
  while (!signal.aborted) {
    const { rows } = await database.query<{ count: number }>(query);
    const count = rows[0]?.count ?? 0;
    if (count === 0) break;
    total += count;
  }
  return total;
}
