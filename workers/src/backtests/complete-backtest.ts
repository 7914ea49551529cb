import type pg from 'pg';
import { inTransaction } from '../postgres/in-transaction.ts';
import type { ClaimedBacktest } from './claim-backtest.ts';
import type { StoredResult } from './stored-result.ts';

/** The versions of the candles that a backtest ran on, by "symbol timeframe"; the first is that of its main instrument. */
export type DataVersions = Readonly<Record<string, number>>;

/**
 * Writes the result and marks the backtest completed, in one transaction. False, with nothing written, when the backtest
 * is no longer this worker's: cancelled, or claimed anew.
 */
export async function completeBacktest(
  database: pg.Pool,
  { id, user_id, attempt }: ClaimedBacktest,
  result: StoredResult,
  dataVersions: DataVersions,
): Promise<boolean> {
  return inTransaction(database, async (client) => {
    // The status comes last: its change takes the owner's event counter, which others of theirs wait for.
    const { rowCount } = await client.query(
      `select from public.backtests where id = $1 and attempt = $2 and status = 'running' for update`,
      [id, attempt],
    );
    if (rowCount !== 1) return false;
    await insertResult(client, [id, user_id], result);
    await insertTrades(client, [id, user_id], result);
    await insertOrders(client, [id, user_id], result);
    await client.query(
      `update public.backtests
       set status = 'completed', progress = 1, engine_version = $2, data_versions = $3, data_version = nullif($4::bigint, 0)
       where id = $1`,
      [id, result.engineVersion, JSON.stringify(dataVersions), Object.values(dataVersions)[0] ?? 0],
    );
    return true;
  });
}

type Key = readonly [id: string, userId: string];

async function insertResult(client: pg.PoolClient, key: Key, result: StoredResult): Promise<void> {
  const { summary, curve, trades, orders, metricVersion, report, receipt, dataQuality, ambiguity } = result;
  await client.query(
    `insert into public.backtest_results (backtest_id, user_id, summary, equity_at, equity, stored_trades, stored_orders,
       metric_version, report, receipt, data_quality, ambiguity)
     select $1, $2, $3, array(select to_timestamp(ms / 1000) from unnest($4::float8[]) with ordinality as u (ms, n) order by n),
       $5::float8[], $6, $7, $8, $9, $10, $11, $12`,
    [
      ...key,
      summary,
      curve.columns.ts,
      curve.columns.equity,
      trades.count,
      orders.count,
      metricVersion,
      report,
      receipt,
      dataQuality,
      ambiguity,
    ],
  );
}

/** A column each, which Postgres reads several times as fast as a document a trade. */
async function insertTrades(client: pg.PoolClient, key: Key, { trades: { columns } }: StoredResult): Promise<void> {
  await client.query(
    `insert into public.backtest_trades (backtest_id, user_id, seq, instrument_id, symbol, side, entry_bar, exit_bar, entry_at,
       exit_at, entry_price, exit_price, quantity, fee, slippage, carry, pnl, return_pct, mae_pct, mfe_pct, exit_reason)
     select $1, $2, seq, instrument_id, symbol, side, entry_bar, exit_bar, to_timestamp(entry_ts / 1000),
       to_timestamp(exit_ts / 1000), entry_price, exit_price, quantity, fee, slippage, carry, pnl, return_pct, mae_pct, mfe_pct,
       exit_reason
     from unnest($3::integer[], $4::integer[], $5::text[], $6::text[], $7::integer[], $8::integer[], $9::float8[],
       $10::float8[], $11::numeric[], $12::numeric[], $13::numeric[], $14::numeric[], $15::numeric[], $16::numeric[],
       $17::numeric[], $18::numeric[], $19::float8[], $20::float8[], $21::text[])
       as t (seq, instrument_id, symbol, side, entry_bar, exit_bar, entry_ts, exit_ts, entry_price, exit_price, quantity, fee,
         slippage, carry, pnl, return_pct, mae_pct, mfe_pct, exit_reason)`,
    [
      ...key,
      columns.seq,
      columns.instrument_id,
      columns.symbol,
      columns.side,
      columns.entry_bar,
      columns.exit_bar,
      columns.entry_ts,
      columns.exit_ts,
      columns.entry_price,
      columns.exit_price,
      columns.quantity,
      columns.fee,
      columns.slippage,
      columns.carry,
      columns.pnl,
      columns.return_pct,
      columns.mae_pct,
      columns.mfe_pct,
      columns.exit_reason,
    ],
  );
}

async function insertOrders(
  client: pg.PoolClient,
  key: Key,
  { orders: { count, columns } }: StoredResult,
): Promise<void> {
  if (count === 0) return;
  await client.query(
    `insert into public.backtest_orders (backtest_id, user_id, seq, instrument_id, symbol, side, order_type, quantity,
       limit_price, stop_price, reason, placed_bar, placed_at, outcome, reject_reason, filled_quantity, average_price, fee,
       slippage, last_fill_at)
     select $1, $2, seq, instrument_id, symbol, side, order_type, quantity, limit_price, stop_price, left(reason, 100),
       placed_bar, to_timestamp(placed_ts / 1000), outcome, left(reject_reason, 500), filled_quantity, average_price, fee,
       slippage, to_timestamp(last_fill_ts / 1000)
     from unnest($3::integer[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::numeric[], $9::numeric[],
       $10::numeric[], $11::text[], $12::integer[], $13::float8[], $14::text[], $15::text[], $16::numeric[],
       $17::numeric[], $18::numeric[], $19::numeric[], $20::float8[])
       as o (seq, instrument_id, symbol, side, order_type, quantity, limit_price, stop_price, reason, placed_bar, placed_ts,
         outcome, reject_reason, filled_quantity, average_price, fee, slippage, last_fill_ts)`,
    [
      ...key,
      columns.seq,
      columns.instrument_id,
      columns.symbol,
      columns.side,
      columns.order_type,
      columns.quantity,
      columns.limit_price,
      columns.stop_price,
      columns.reason,
      columns.placed_bar,
      columns.placed_ts,
      columns.outcome,
      columns.reject_reason,
      columns.filled_quantity,
      columns.average_price,
      columns.fee,
      columns.slippage,
      columns.last_fill_ts,
    ],
  );
}
