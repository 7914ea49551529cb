import { asPostgres } from '../../../packages/client/test/support/as-role.ts';
import { type Figure, percentile } from '../figure.ts';
import type { BeatingOrder, BeatingReport } from './beating-runners.ts';
import { BenchProcess } from './bench-process.ts';
import type { Fleet } from './fleet.ts';
import type { LiveStack } from './live-stack.ts';

/** How many heartbeats a second the backend takes of a fleet, and what one takes of the database. */
export async function benchHeartbeats(stack: LiveStack, fleet: Fleet, forMs: number): Promise<Figure[]> {
  const order: BeatingOrder = {
    apiUrl: stack.apiUrl,
    publishableKey: stack.keys.publishableKey,
    runners: fleet.runners.map(({ botId, token }) => ({ botId, token })),
    for_ms: forMs,
  };
  const before = await statementTime(stack);
  const runners = BenchProcess.start<BeatingReport>('./beating-runners.ts', order);
  try {
    const { beat_ms, ms } = await runners.next();
    const after = await statementTime(stack);
    const databaseMs = (after.ms - before.ms) / (after.calls - before.calls);
    const name = `live.heartbeats_${fleet.runners.length}_runners`;
    return [
      { name: `${name}_per_s`, value: (beat_ms.length / ms) * 1000, unit: 'heartbeats/s' },
      { name: `${name}_ms_p50`, value: percentile(beat_ms, 0.5), unit: 'ms' },
      { name: `${name}_ms_p99`, value: percentile(beat_ms, 0.99), unit: 'ms' },
      { name: `${name}_database_ms_mean_without_commit`, value: databaseMs, unit: 'ms' },
    ];
  } finally {
    await runners.stop();
  }
}

/** Time in the database of PostgREST's calls of runner_heartbeat so far. */
async function statementTime(stack: LiveStack): Promise<{ ms: number; calls: number }> {
  return asPostgres(stack, async (postgres) => {
    const { rows } = await postgres.query<{ ms: number; calls: number }>(
      `select coalesce(sum(s.total_exec_time), 0)::float8 as ms, coalesce(sum(s.calls), 0)::float8 as calls
       from extensions.pg_stat_statements s where s.query like '%pgrst%runner_heartbeat%'`,
    );
    const [row] = rows;
    if (!row) throw new Error('pg_stat_statements says nothing');
    return row;
  });
}
