import { StrategySpec, Timeframe } from '@tradebase/contracts';
import type pg from 'pg';
import { z } from 'zod';

const ClaimedBacktest = z.object({
  id: z.guid(),
  user_id: z.guid(),
  instrument_id: z.int(),
  timeframe: Timeframe,
  strategy: z.unknown(),
  range_start: z.date().nullable(),
  range_end: z.date().nullable(),
  initial_cash: z.coerce.number(),
  fee_bps: z.coerce.number(),
  attempt: z.int(),
});

/** A backtest that this worker may run. `attempt` is its claim: a later claim makes every write of this one void. */
export type ClaimedBacktest = z.infer<typeof ClaimedBacktest>;

/** Marks a backtest as running here. Undefined when there is nothing to do: cancelled, finished or deleted. */
export async function claimBacktest(database: pg.Pool, id: string): Promise<ClaimedBacktest | undefined> {
  const { rows } = await database.query(
    `update public.backtests
     set status = 'running', attempt = attempt + 1, progress = 0, started_at = coalesce(started_at, now())
     where id = $1 and status in ('queued', 'running')
     returning id, user_id, instrument_id, timeframe, strategy, range_start, range_end, initial_cash, fee_bps, attempt`,
    [id],
  );
  return rows[0] && ClaimedBacktest.parse(rows[0]);
}

/** The strategy of a claimed backtest, or why it is none. */
export function parseStrategy({ strategy }: ClaimedBacktest): z.ZodSafeParseResult<StrategySpec> {
  return StrategySpec.safeParse(strategy);
}
