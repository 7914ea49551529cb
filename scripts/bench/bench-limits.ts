import { startTestDatabase } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { type Figure, percentile, sample } from './figure.ts';

const RUNS = 2000;
const WARM_UP = 200;

/** What counting a call adds to a write: the transaction of PostgREST with private.check_request in it, and without. */
export async function benchLimits(): Promise<Figure[]> {
  const database = await startTestDatabase();
  const client = new pg.Client({ connectionString: database.urlFor('postgres') });
  try {
    await client.connect();
    // A limit that is counted and not reached.
    await client.query(`update public.system_config set value = '1000000' where key = 'quota.calls_per_minute'`);
    const claims = JSON.stringify({ sub: crypto.randomUUID(), role: 'authenticated', app_metadata: {} });
    const request = (check: string) =>
      client.query(
        `begin; select set_config('role', 'authenticated', true), set_config('request.jwt.claims', '${claims}', true); ${check}; commit`,
      );
    // In turns, so that both see the same machine.
    const [withCheck, without]: [number[], number[]] = [[], []];
    await sample(RUNS, WARM_UP, async () => {
      withCheck.push(...(await sample(1, 0, () => request('select private.check_request()'))));
      without.push(...(await sample(1, 0, () => request('select 1'))));
    });
    const cost = percentile(withCheck.slice(WARM_UP), 0.5) - percentile(without.slice(WARM_UP), 0.5);
    return [{ name: 'limits.check_request_ms_p50', value: cost, unit: 'ms', target: 0.5 }];
  } finally {
    await client.end();
    await database.drop();
  }
}
