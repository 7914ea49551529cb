import type { ClientBase } from 'pg';
import type { CandleSeriesKey } from './candle-copy-encoder.ts';
import type { TimeRange } from './time-range.ts';

/**
 * Brings the bars of `pg_temp.candle_staging` into the table. MERGE and not INSERT ... ON CONFLICT: that would lock, and
 * so rewrite, every bar that stays as it is, and the same file imported twice must not cost what it cost the first time.
 *
 * @param range times of the first and the last staged bar
 * @returns numbers of bars that were new and that changed
 */
export async function mergeStagedCandles(
  client: ClientBase,
  { instrumentId, timeframe }: CandleSeriesKey,
  range: TimeRange,
): Promise<{ inserted: number; updated: number }> {
  await client.query('analyze pg_temp.candle_staging');
  const { rows } = await client.query<{ inserted: number; updated: number }>(
    `with merged as (
       merge into public.candles as candle
       using pg_temp.candle_staging as staged
       on candle.instrument_id = $1 and candle.timeframe = $2 and candle.ts = staged.ts and candle.ts between $3 and $4
       when matched and (candle.open, candle.high, candle.low, candle.close, candle.volume)
         is distinct from (staged.open, staged.high, staged.low, staged.close, staged.volume) then
         update set open = staged.open, high = staged.high, low = staged.low, close = staged.close, volume = staged.volume
       when not matched then
         insert (instrument_id, timeframe, ts, open, high, low, close, volume)
         values ($1, $2, staged.ts, staged.open, staged.high, staged.low, staged.close, staged.volume)
       returning merge_action() as action
     )
     select (count(*) filter (where action = 'INSERT'))::integer as inserted,
            (count(*) filter (where action = 'UPDATE'))::integer as updated
     from merged`,
    [instrumentId, timeframe, new Date(range.first).toISOString(), new Date(range.last).toISOString()],
  );
  return rows[0] ?? { inserted: 0, updated: 0 };
}
