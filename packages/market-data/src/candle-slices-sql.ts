import type { CandleChunk, RangeEnd } from './candle-chunks.ts';
import type { CandleSeriesKey } from './candle-copy-encoder.ts';

/**
 * A COPY that sends a chunk of a series as columns: one row for each slice of time, the first slice first, or the last if
 * read from the back, with three byte strings in the server's binary form: the times; open, high, low and close in turn;
 * the volumes. It takes 48 bytes a bar instead of the 79 of one row a bar, and hardly any work per bar on this side.
 *
 * A segment, of two points, is four doubles to the server: sending one costs what a single double costs, and the time of
 * the server that a load takes falls by a fifth.
 */
export function candleSlicesSql(key: CandleSeriesKey, { start, end, sliceCount }: CandleChunk, from: RangeEnd): string {
  const sliceMs = Math.ceil((end - start) / sliceCount);
  const startAt = `timestamptz '${new Date(start).toISOString()}'`;
  const endAt = `timestamptz '${new Date(end).toISOString()}'`;
  const timeOf = (slice: string) => `${startAt} + ${slice} * interval '${sliceMs} milliseconds'`;
  const order = from === 'front' ? 'asc' : 'desc';
  // COPY takes no parameters. Both parts of the key are checked: a number, and one of a closed set.
  //
  // The slices are put in order before the join, which keeps it: so ordering the whole costs nothing, and says that the
  // reader relies on it. The constant bounds of the chunk leave the planner one or two partitions to look at.
  return `copy (
    select candles.*
    from (select n from generate_series(0, ${sliceCount - 1}) as n order by n ${order}) as slice
    cross join lateral (
      select string_agg(timestamptz_send(ts), '' order by ts),
             string_agg(lseg_send(lseg(point(open, high), point(low, close))), '' order by ts),
             string_agg(float8send(volume), '' order by ts)
      from public.candles
      where instrument_id = ${key.instrumentId} and timeframe = '${key.timeframe}'
        and ts >= ${startAt} and ts < ${endAt}
        and ts >= ${timeOf('slice.n')} and ts < ${timeOf('(slice.n + 1)')}
    ) as candles
    order by slice.n ${order}
  ) to stdout (format binary)`;
}
