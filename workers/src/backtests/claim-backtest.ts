import { BacktestSettings, type BacktestSettingsInput, StrategySpec, Timeframe, withFees } from '@tradebase/contracts';
import type pg from 'pg';
import { z } from 'zod';

const ClaimedBacktest = z.object({
  id: z.guid(),
  user_id: z.guid(),
  instrument_id: z.int(),
  further_instrument_ids: z.array(z.int()),
  timeframe: Timeframe,
  finer_timeframe: Timeframe.nullable(),
  strategy: z.unknown(),
  settings: z.custom<BacktestSettingsInput>(),
  range_start: z.date().nullable(),
  range_end: z.date().nullable(),
  initial_cash: z.coerce.number(),
  fee_bps: z.coerce.number(),
  // Of a request from before there was one: as if it had the default.
  seed: z.coerce.number().nullable(),
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
     returning id, user_id, instrument_id, further_instrument_ids, timeframe, finer_timeframe, strategy, settings, range_start,
       range_end, initial_cash, fee_bps, seed, attempt`,
    [id],
  );
  return rows[0] && ClaimedBacktest.parse(rows[0]);
}

/** What a claimed backtest asks for, read anew: its row may be from before the contracts of this worker. */
export type ParsedRequest =
  | { readonly success: true; readonly strategy: StrategySpec; readonly settings: BacktestSettings }
  | { readonly success: false; readonly message: string };

/** The strategy and the settings of a claimed backtest, or why they are none. */
export function parseRequest({ strategy, settings, fee_bps }: ClaimedBacktest): ParsedRequest {
  const parsedStrategy = StrategySpec.safeParse(strategy);
  if (!parsedStrategy.success) return { success: false, message: `strategy: ${describe(parsedStrategy.error)}` };
  const parsedSettings = BacktestSettings.safeParse(withFees(settings, fee_bps));
  if (!parsedSettings.success) return { success: false, message: `settings: ${describe(parsedSettings.error)}` };
  return { success: true, strategy: parsedStrategy.data, settings: parsedSettings.data };
}

function describe({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}
