import fc from 'fast-check';
import type pg from 'pg';

/** A statement, or several, that runners' functions could make of a run. */
export type RunWrite =
  | { readonly kind: 'orders' | 'positions' | 'trades' | 'fills' | 'logs'; readonly count: number }
  | {
      readonly kind: 'change_orders' | 'mark_positions' | 'close_trades';
      readonly from: number;
      readonly count: number;
    }
  | { readonly kind: 'profit'; readonly amount: number }
  | { readonly kind: 'nothing' | 'report_only' };

/** Writes of one transaction; those that are undone are made in a savepoint that is rolled back. */
export interface RunTransaction {
  readonly writes: readonly RunWrite[];
  readonly undone: readonly RunWrite[];
}

const anyWrite: fc.Arbitrary<RunWrite> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('orders', 'positions', 'trades', 'fills', 'logs'),
    count: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({
    kind: fc.constantFrom('change_orders', 'mark_positions', 'close_trades'),
    from: fc.nat(5),
    count: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ kind: fc.constant('profit' as const), amount: fc.integer({ min: -1000, max: 1000 }) }),
  fc.record({ kind: fc.constantFrom('nothing', 'report_only') }),
);

export const anyTransaction: fc.Arbitrary<RunTransaction> = fc.record({
  writes: fc.array(anyWrite, { minLength: 1, maxLength: 4 }),
  undone: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(anyWrite, { maxLength: 2 }) },
  ),
});

/** A run of a bot, made as a runner's connection would make it. */
export interface WrittenRun {
  readonly runId: string;
  readonly botId: string;
  readonly userId: string;
}

export async function makeRun(postgres: pg.Client, botId: string, userId: string): Promise<WrittenRun> {
  const { rows } = await postgres.query<{ id: string }>(
    `insert into public.trading_runs (bot_id, user_id, mode) values ($1, $2, 'PAPER') returning id`,
    [botId, userId],
  );
  const [run] = rows;
  if (!run) throw new Error('no run was made');
  return { runId: run.id, botId, userId };
}

export async function writeTransaction(
  postgres: pg.Client,
  run: WrittenRun,
  transaction: RunTransaction,
): Promise<void> {
  await postgres.query('begin');
  await postgres.query('select from public.trading_runs where id = $1 for update', [run.runId]);
  for (const write of transaction.writes) await writeRun(postgres, run, write);
  if (transaction.undone.length > 0) {
    await postgres.query('savepoint undone');
    for (const write of transaction.undone) await writeRun(postgres, run, write);
    await postgres.query('rollback to undone');
  }
  await postgres.query('commit');
}

export async function writeRun(postgres: pg.Client, run: WrittenRun, write: RunWrite): Promise<void> {
  const { runId, botId, userId } = run;
  const ids = [runId, botId, userId];
  switch (write.kind) {
    case 'orders':
      await postgres.query(
        `insert into public.orders (run_id, bot_id, user_id, client_order_id, symbol, side, type, quantity, metadata)
         select $1, $2, $3, gen_random_uuid()::text, 'ACME', 'buy', 'market', 1.10 + i, '{"note": "é \\" \\n"}'
         from generate_series(1, $4::integer) i`,
        [...ids, write.count],
      );
      return;
    case 'positions':
      await postgres.query(
        `insert into public.positions (run_id, bot_id, user_id, symbol, direction, quantity, open_quantity, entry_price, opened_at)
         select $1, $2, $3, 'S' || upper(substr(gen_random_uuid()::text, 1, 13)), 'long', 10, 10, 100.50, now() from generate_series(1, $4::integer) i`,
        [...ids, write.count],
      );
      return;
    case 'trades':
      await postgres.query(
        `insert into public.trades (run_id, bot_id, user_id, symbol, direction, quantity, entry_at, entry_price)
         select $1, $2, $3, 'ACME', 'long', 10, now(), 100 from generate_series(1, $4::integer) i`,
        [...ids, write.count],
      );
      return;
    case 'fills':
      await postgres.query(
        `with taken as (update public.trading_runs set last_fill_seq = last_fill_seq + $3 where id = $1 returning last_fill_seq)
         insert into public.fills (run_id, user_id, seq, executed_at, external_id, symbol, side, quantity, price)
         select $1, $2, last_fill_seq - $3::integer + i, timestamptz '2025-01-01Z' + i * interval '40 days', gen_random_uuid()::text, 'ACME', 'buy', 1, 100
         from taken, generate_series(1, $3::integer) i`,
        [runId, userId, write.count],
      );
      return;
    case 'logs':
      await postgres.query(
        `with taken as (update public.trading_runs set last_log_seq = last_log_seq + $3 where id = $1 returning last_log_seq)
         insert into public.run_logs (run_id, user_id, seq, logged_at, message, data)
         select $1, $2, last_log_seq - $3::integer + i, now() - i * interval '20 days', 'line ' || i, jsonb_build_object('i', i)
         from taken, generate_series(1, $3::integer) i`,
        [runId, userId, write.count],
      );
      return;
    case 'change_orders':
      await postgres.query(
        `update public.orders set reason = gen_random_uuid()::text where id in (
           select id from public.orders where run_id = $1 order by client_order_id offset $2 limit $3)`,
        [runId, write.from, write.count],
      );
      return;
    case 'mark_positions':
      await postgres.query(
        `update public.positions set mark_price = round((random() * 100)::numeric, 4) where id in (
           select id from public.positions where run_id = $1 order by id offset $2 limit $3)`,
        [runId, write.from, write.count],
      );
      return;
    case 'close_trades':
      await postgres.query(
        `update public.trades set status = 'closed', exit_at = now(), exit_price = 1, gross_pnl = 1, net_pnl = 1 where id in (
           select id from public.trades where run_id = $1 and status = 'open' order by id offset $2 limit $3)`,
        [runId, write.from, write.count],
      );
      return;
    case 'profit':
      await postgres.query('update public.trading_runs set total_pnl = total_pnl + $2 where id = $1', [
        runId,
        write.amount,
      ]);
      return;
    case 'nothing':
      await postgres.query('update public.orders set status = status where run_id = $1', [runId]);
      return;
    case 'report_only':
      await postgres.query('update public.trading_runs set last_report_seq = last_report_seq + 1 where id = $1', [
        runId,
      ]);
  }
}
