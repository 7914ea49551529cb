import type { ClientBase } from 'pg';
import type { CandleSeriesKey } from './candle-copy-encoder.ts';
import type { TimeRange } from './time-range.ts';

/**
 * Waits until no other import writes this series, keeps others out until the transaction ends, and says what it holds.
 * The range comes from the candles themselves and not from candle_coverage: a bar that somebody wrote by hand counts.
 */
export async function lockCandleSeries(
  client: ClientBase,
  { instrumentId, timeframe }: CandleSeriesKey,
): Promise<TimeRange | undefined> {
  await client.query(
    `select pg_advisory_xact_lock(hashtextextended('candles:' || $1::integer || ':' || $2::text, 0))`,
    [instrumentId, timeframe],
  );
  const { rows } = await client.query<{ first: Date | null; last: Date | null }>(
    `select min(ts) as first, max(ts) as last from public.candles where instrument_id = $1 and timeframe = $2`,
    [instrumentId, timeframe],
  );
  const { first, last } = rows[0] ?? {};
  return first && last ? { first: first.getTime(), last: last.getTime() } : undefined;
}
