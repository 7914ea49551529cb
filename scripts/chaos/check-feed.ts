import { isDeepStrictEqual } from 'node:util';
import type { RunState, RunWatch } from '@tradebase/client';
import type pg from 'pg';
import { until } from './until.ts';

const MOST_FEED_MS = 20_000;

const ROWS_OF: Readonly<Record<'orders' | 'positions' | 'trades', string>> = {
  orders: 'select to_jsonb(o) as row from public.orders o where o.run_id = $1',
  positions: 'select to_jsonb(p) as row from public.positions p where p.run_id = $1',
  trades: 'select to_jsonb(t) as row from public.trades t where t.run_id = $1',
};

/** Feed = rows: what a browser has built from the feed alone is what the database has. One sentence for each difference. */
export async function checkFeed(postgres: pg.Client, runId: string, watch: RunWatch): Promise<string[]> {
  let found: string[] = [];
  try {
    await until('the feed has all rows', MOST_FEED_MS, async () => {
      found = watch.state ? await differences(postgres, runId, watch.state) : ['there is no state'];
      return found.length === 0;
    });
    return [];
  } catch (error) {
    // Where the rows themselves could not be read, nothing was found, and nothing was checked.
    const broken = found.length > 0 ? found : [String(error)];
    return broken.map((difference) => `${runId}: in the feed, ${difference} (it is ${watch.status})`);
  }
}

async function differences(postgres: pg.Client, runId: string, state: RunState): Promise<string[]> {
  const found: string[] = [];
  for (const name of ['orders', 'positions', 'trades'] as const) {
    const { rows } = await postgres.query<{ row: { id: string } }>(ROWS_OF[name], [runId]);
    const shown: ReadonlyMap<string, unknown> = state[name];
    if (shown.size !== rows.length) found.push(`${name}: ${shown.size} of ${rows.length}`);
    else if (rows.some(({ row }) => !isDeepStrictEqual(row, shown.get(row.id)))) found.push(`${name} differ`);
  }
  const fills = await postgres.query<{ seq: string }>('select seq from public.fills where run_id = $1 order by seq', [
    runId,
  ]);
  const shownFills = state.fills.map(({ seq }) => seq);
  const storedFills = fills.rows.map(({ seq }) => Number(seq));
  if (!isDeepStrictEqual(shownFills, storedFills)) found.push('fills differ');
  const logs = await postgres.query<{ seq: string; message: string }>(
    'select seq, message from public.run_logs where run_id = $1 order by seq',
    [runId],
  );
  const shownLines = state.logs.map(({ seq, message }) => [seq, message]);
  const storedLines = logs.rows.map(({ seq, message }) => [Number(seq), message]);
  if (!isDeepStrictEqual(shownLines, storedLines)) found.push(`logs: ${shownLines.length} of ${storedLines.length}`);
  const runs = await postgres.query<{ status: string; total_pnl: string }>(
    'select status, total_pnl from public.trading_runs where id = $1',
    [runId],
  );
  const [run] = runs.rows;
  if (state.run.status !== run?.status || state.run.total_pnl !== Number(run.total_pnl)) found.push('the run differs');
  return found;
}
