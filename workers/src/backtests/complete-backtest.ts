import type { BacktestSummary } from '@tradebase/contracts';
import type { EquityCurve, Trade } from '@tradebase/engine';
import type pg from 'pg';
import type { ClaimedBacktest } from './claim-backtest.ts';

export interface CompletedBacktest {
  readonly summary: BacktestSummary;
  /** The first trades; `MAX_STORED_TRADES` at most. */
  readonly trades: readonly Trade[];
  readonly curve: EquityCurve;
}

/**
 * Writes the result and marks the backtest completed, in one transaction. False, with nothing written, when the backtest
 * is no longer this worker's: cancelled, or claimed anew.
 */
export async function completeBacktest(
  database: pg.Pool,
  backtest: ClaimedBacktest,
  { summary, trades, curve }: CompletedBacktest,
): Promise<boolean> {
  const { id, user_id, attempt } = backtest;
  const client = await database.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    // The status comes last: its change takes the owner's event counter, which others of theirs wait for.
    const { rowCount } = await client.query(
      `select from public.backtests where id = $1 and attempt = $2 and status = 'running' for update`,
      [id, attempt],
    );
    if (rowCount !== 1) {
      await client.query('rollback');
      return false;
    }
    await client.query(
      `insert into public.backtest_results (backtest_id, user_id, summary, equity_at, equity, stored_trades)
       select $1, $2, $3, array(select to_timestamp(ms / 1000) from unnest($4::float8[]) with ordinality as u (ms, n) order by n), $5, $6`,
      [id, user_id, summary, curve.ts, curve.equity, trades.length],
    );
    await insertTrades(client, backtest, trades);
    await client.query(`update public.backtests set status = 'completed', progress = 1 where id = $1`, [id]);
    await client.query('commit');
    return true;
  } catch (error) {
    broken = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    // A connection with a failed transaction is closed, which rolls back.
    client.release(broken);
  }
}

/** A column each, which Postgres reads several times as fast as a document a trade. */
async function insertTrades(
  client: pg.PoolClient,
  { id, user_id }: ClaimedBacktest,
  trades: readonly Trade[],
): Promise<void> {
  await client.query(
    `insert into public.backtest_trades (backtest_id, user_id, seq, side, entry_bar, exit_bar, entry_at, exit_at,
       entry_price, exit_price, quantity, fee, pnl, return_pct)
     select $1, $2, seq, side, entry_bar, exit_bar, to_timestamp(entry_ts / 1000), to_timestamp(exit_ts / 1000),
       entry_price, exit_price, quantity, fee, pnl, return_pct
     from unnest($3::integer[], $4::text[], $5::integer[], $6::integer[], $7::float8[], $8::float8[], $9::numeric[],
       $10::numeric[], $11::numeric[], $12::numeric[], $13::numeric[], $14::numeric[])
       as t (seq, side, entry_bar, exit_bar, entry_ts, exit_ts, entry_price, exit_price, quantity, fee, pnl, return_pct)`,
    [
      id,
      user_id,
      trades.map((trade) => trade.seq),
      trades.map((trade) => trade.side),
      trades.map((trade) => trade.entry_bar),
      trades.map((trade) => trade.exit_bar),
      trades.map((trade) => trade.entry_ts),
      trades.map((trade) => trade.exit_ts),
      trades.map((trade) => trade.entry_price),
      trades.map((trade) => trade.exit_price),
      trades.map((trade) => trade.quantity),
      trades.map((trade) => trade.fee),
      trades.map((trade) => trade.pnl),
      trades.map((trade) => trade.return_pct),
    ],
  );
}
