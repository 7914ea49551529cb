import type pg from 'pg';
import { asPostgres } from '../../../packages/client/test/support/as-role.ts';
import type { Figure } from '../figure.ts';
import { clockMs } from './clock.ts';
import { type LiveRun, openLiveRun } from './live-run.ts';
import type { LiveStack } from './live-stack.ts';
import { logLines } from './report-items.ts';

/** Tables whose triggers number changes, send them, and keep profits and counts. */
const TABLES = 'public.trading_runs public.orders public.positions public.trades public.fills public.run_logs'.split(
  ' ',
);
const ROWS = 500;
const FILLS_OF_REPORTS = [1, 50];
const WARM_UP = 3;
/** With triggers and without in turns, so that a machine that is busier for a while slows both. */
const ROUNDS = 5;
const PEER = 'the same without triggers';

/**
 * Rates at which the database takes fills and log lines, in reports and as plain inserts of 500 rows, each in a transaction
 * of its own, and how many times that the same takes without the tables' triggers. Foreign keys stay.
 */
export async function benchTriggerCosts(stack: LiveStack, batches: number): Promise<Figure[]> {
  return asPostgres(stack, async (postgres) => {
    const reported = await openLiveRun(stack, 'reported');
    const inserted = await openLiveRun(stack, 'inserted');
    try {
      const work = workOf(reported, inserted, postgres);
      const fills = FILLS_OF_REPORTS.reduce((sum, rows) => sum + rows, 0);
      await reported.admitNextFills(2 * ROUNDS * (WARM_UP + batches) * fills);
      const withTriggers: Times = {};
      const without: Times = {};
      for (let round = 0; round < ROUNDS; round += 1) {
        await measureAll(work, batches, withTriggers);
        await switchTriggers(postgres, 'disable');
        await measureAll(work, batches, without);
        await switchTriggers(postgres, 'enable');
      }
      return Object.entries(work).flatMap(([name, { rows }]) =>
        describe(name, rateOf(withTriggers[name], batches * rows), rateOf(without[name], batches * rows)),
      );
    } finally {
      await reported.close();
      await inserted.close();
    }
  });
}

interface Work {
  /** How many rows one call writes. */
  readonly rows: number;
  readonly write: () => Promise<unknown>;
}

function workOf(reported: LiveRun, { runId, owner }: LiveRun, postgres: pg.Client): Readonly<Record<string, Work>> {
  const reportFills = (rows: number): Work => ({
    rows,
    write: () => reported.reportDirectly(reported.nextFills(rows)),
  });
  let nextSeq = 1;
  const insert = (sql: string) => {
    nextSeq += ROWS;
    return postgres.query(sql, [runId, owner.id, nextSeq, ROWS]);
  };
  return {
    ...Object.fromEntries(FILLS_OF_REPORTS.map((rows) => [`fills_reported_by_${rows}`, reportFills(rows)])),
    log_lines_reported_by_500: { rows: ROWS, write: () => reported.reportDirectly(logLines(ROWS)) },
    fills_inserted_by_500: {
      rows: ROWS,
      write: () =>
        insert(
          `insert into public.fills (run_id, user_id, seq, executed_at, external_id, symbol, side, quantity, price)
           select $1, $2, $3::bigint + n, now(), gen_random_uuid()::text, 'ACME', 'buy', 1, 100 from generate_series(1, $4::integer) n`,
        ),
    },
    log_lines_inserted_by_500: {
      rows: ROWS,
      write: () =>
        insert(
          `insert into public.run_logs (run_id, user_id, seq, logged_at, level, message, data)
           select $1, $2, $3::bigint + n, now(), 'INFO', 'bar seen: no signal, fast 101.' || n, jsonb_build_object('n', n)
           from generate_series(1, $4::integer) n`,
        ),
    },
  };
}

/** Milliseconds of all rounds of each kind of work. */
type Times = Record<string, number>;

async function measureAll(work: Readonly<Record<string, Work>>, batches: number, times: Times): Promise<void> {
  for (const [name, { write }] of Object.entries(work)) {
    let startedAt = clockMs();
    for (let n = -WARM_UP; n < batches; n += 1) {
      if (n === 0) startedAt = clockMs();
      await write();
    }
    times[name] = (times[name] ?? 0) + clockMs() - startedAt;
  }
}

function rateOf(ms: number | undefined, rowsOfRound: number): number {
  return ((ROUNDS * rowsOfRound) / (ms ?? Number.NaN)) * 1000;
}

async function switchTriggers(postgres: pg.Client, to: 'enable' | 'disable'): Promise<void> {
  for (const table of TABLES) await postgres.query(`alter table ${table} ${to} trigger user`);
}

function describe(name: string, rate: number, rateWithout: number): Figure[] {
  return [
    { name: `live.${name}_per_s`, value: rate, unit: 'rows/s', peer: PEER, peer_value: rateWithout },
    { name: `live.${name}_trigger_cost`, value: rateWithout / rate, unit: 'x' },
  ];
}
