import type { ClientBase } from 'pg';
import type { CandleSeriesKey } from './candle-copy-encoder.ts';
import type { CandleChanges } from './candle-writer.ts';
import type { TimeRange } from './time-range.ts';

/**
 * Brings candle_coverage up to date after an import. Its version rises only if a candle changed.
 *
 * @param existed whether the series had candles before
 * @param range times of the first and the last imported bar
 * @returns the version of the series
 */
export async function recordCandleCoverage(
  client: ClientBase,
  { instrumentId, timeframe }: CandleSeriesKey,
  existed: boolean,
  range: TimeRange,
  { inserted, updated }: CandleChanges,
): Promise<number> {
  const key = [instrumentId, timeframe];
  const changed = inserted + updated > 0;
  const { rows } = changed
    ? await client.query<{ version: string }>(
        `update public.candle_coverage
         set first_at = least(first_at, $3), last_at = greatest(last_at, $4), candle_count = candle_count + $5,
             version = version + 1, updated_at = now()
         where instrument_id = $1 and timeframe = $2
         returning version`,
        [...key, iso(range.first), iso(range.last), inserted],
      )
    : await client.query<{ version: string }>(
        'select version from public.candle_coverage where instrument_id = $1 and timeframe = $2',
        key,
      );
  if (rows[0]) return Number(rows[0].version);

  if (existed) {
    // Candles without coverage were written by hand: count them this once.
    await client.query(
      `insert into public.candle_coverage (instrument_id, timeframe, first_at, last_at, candle_count)
       select $1, $2, min(ts), max(ts), count(*) from public.candles where instrument_id = $1 and timeframe = $2`,
      key,
    );
  } else {
    await client.query(
      `insert into public.candle_coverage (instrument_id, timeframe, first_at, last_at, candle_count)
       values ($1, $2, $3, $4, $5)`,
      [...key, iso(range.first), iso(range.last), inserted],
    );
  }
  return 1;
}

function iso(ts: number): string {
  return new Date(ts).toISOString();
}
