import type { CandleSeriesKey } from './candle-copy-encoder.ts';

/** A slice is read in one piece: 160 KB a column, so that a stream of them keeps the server and this process busy at once. */
const BARS_IN_SLICE = 20_000;

/**
 * A COPY that sends a series as columns: one row for each slice of time, in order, with the number of the slice and six
 * byte strings, each the values of a column in the server's binary form. It takes 48 bytes a bar instead of the 79 of
 * one row a bar, and no work per bar on this side.
 *
 * @param start first time wanted, in milliseconds since the Unix epoch
 * @param end time to stop before
 * @param expectedCount about how many bars there are
 */
export function candleSlicesSql(key: CandleSeriesKey, start: number, end: number, expectedCount: number): string {
  const sliceCount = Math.max(1, Math.ceil(expectedCount / BARS_IN_SLICE));
  const sliceMs = Math.ceil((end - start) / sliceCount);
  const timeOf = (slice: string) =>
    `timestamptz '${new Date(start).toISOString()}' + ${slice} * interval '${sliceMs} milliseconds'`;
  const column = (name: string) => `string_agg(float8send(${name}), '' order by ts)`;
  // COPY takes no parameters. Both parts of the key are checked: a number, and one of a closed set.
  return `copy (
    select slice, candles.*
    from generate_series(0, ${sliceCount - 1}) as slice
    cross join lateral (
      select string_agg(timestamptz_send(ts), '' order by ts), ${['open', 'high', 'low', 'close', 'volume'].map(column).join(', ')}
      from public.candles
      where instrument_id = ${key.instrumentId} and timeframe = '${key.timeframe}'
        and ts >= ${timeOf('slice')}
        and ts < least(${timeOf('(slice + 1)')}, timestamptz '${new Date(end).toISOString()}')
    ) as candles
  ) to stdout (format binary)`;
}
