import type { BacktestSummary } from '@tradebase/contracts';
import type { Trade } from '@tradebase/engine';
import type pg from 'pg';
import type { ClaimedBacktest } from './claim-backtest.ts';
import type { EquityCurve } from './thin-equity.ts';

export interface CompletedBacktest {
  readonly summary: BacktestSummary;
  readonly trades: readonly Trade[];
  readonly curve: EquityCurve;
}

/**
 * Writes the result and marks the backtest completed, in one transaction. False, with nothing written, when the backtest
 * is no longer this worker's: cancelled, or claimed anew.
 */
export async function completeBacktest(
  database: pg.Pool,
  { id, user_id, attempt }: ClaimedBacktest,
  { summary, trades, curve }: CompletedBacktest,
): Promise<boolean> {
  const client = await database.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const { rowCount } = await client.query(
      `update public.backtests set status = 'completed', progress = 1
       where id = $1 and attempt = $2 and status = 'running'`,
      [id, attempt],
    );
    if (rowCount !== 1) {
      await client.query('rollback');
      return false;
    }
    await client.query(
      `insert into public.backtest_results (backtest_id, user_id, summary, equity_at, equity)
       select $1, $2, $3, array(select to_timestamp(ms / 1000) from unnest($4::float8[]) with ordinality as u (ms, n) order by n), $5`,
      [id, user_id, summary, curve.ts, curve.equity],
    );
    await client.query(
      `insert into public.backtest_trades (backtest_id, user_id, seq, side, entry_bar, exit_bar, entry_at, exit_at,
         entry_price, exit_price, quantity, fee, pnl, return_pct)
       select $1, $2, t.seq, t.side, t.entry_bar, t.exit_bar, to_timestamp(t.entry_ts / 1000), to_timestamp(t.exit_ts / 1000),
         t.entry_price, t.exit_price, t.quantity, t.fee, t.pnl, t.return_pct
       from jsonb_to_recordset($3) as t (seq integer, side text, entry_bar integer, exit_bar integer, entry_ts double precision,
         exit_ts double precision, entry_price numeric, exit_price numeric, quantity numeric, fee numeric, pnl numeric,
         return_pct numeric)`,
      [id, user_id, JSON.stringify(trades)],
    );
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
