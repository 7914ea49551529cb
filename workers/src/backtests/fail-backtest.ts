import type { ErrorCode } from '@tradebase/contracts';
import type pg from 'pg';

/** Ends a backtest that cannot succeed. Does nothing to one that has ended. */
export async function failBacktest(
  database: pg.Pool,
  id: string,
  error: { code: ErrorCode; message: string },
): Promise<void> {
  await database.query(
    `update public.backtests set status = 'failed', error = $2 where id = $1 and status in ('queued', 'running')`,
    [id, JSON.stringify({ ...error, message: error.message.slice(0, 4000) })],
  );
}
