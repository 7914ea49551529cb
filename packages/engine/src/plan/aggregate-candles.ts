import { type Candles, type Timeframe, timeframeLengthMs } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import { type Bucket, bucketOf } from './calendar-buckets.ts';

const DAY_MS = 86_400_000;

/** Candles that know when each of them is complete. */
export interface TimedCandles {
  readonly candles: Candles;
  /** The instant at which each is complete, in milliseconds since the Unix epoch. */
  availableAt(): Float64Array;
}

/**
 * Bars of a coarser timeframe from those of a finer one. A bar is there once one candle of it is, and available only at
 * the end of its time: whether it will get more candles until then, nobody knows before. Where candles do not part at that
 * end, it takes in the one across it, and is available when that one is complete.
 *
 * @throws EngineError `invalid_timeframe` where bars of the finer timeframe do not fit into those of the coarser one
 */
export function aggregateCandles(
  candles: Candles,
  finer: Timeframe,
  coarser: Timeframe,
  timeZone: string,
): TimedCandles {
  checkFits(finer, coarser);
  const zone = zoneOfBars(candles, finer, timeZone);
  const length = timeframeLengthMs(finer);
  const bars = candles.ts.length;
  const starts = new Float64Array(bars);
  const columns = {
    ts: starts,
    open: column(bars),
    high: column(bars),
    low: column(bars),
    close: column(bars),
    volume: column(bars),
  };
  const ends = column(bars);
  let count = 0;
  let bucket: Bucket = { start: NaN, end: -Infinity };
  for (let i = 0; i < bars; i++) {
    const ts = candles.ts[i] as number;
    if (ts >= bucket.end) {
      bucket = bucketOf(ts, coarser, zone);
      columns.ts[count] = bucket.start;
      columns.open[count] = candles.open[i] as number;
      columns.high[count] = candles.high[i] as number;
      columns.low[count] = candles.low[i] as number;
      count++;
    }
    const at = count - 1;
    columns.high[at] = Math.max(columns.high[at] as number, candles.high[i] as number);
    columns.low[at] = Math.min(columns.low[at] as number, candles.low[i] as number);
    columns.close[at] = candles.close[i] as number;
    columns.volume[at] = (columns.volume[at] as number) + (candles.volume[i] as number);
    ends[at] = endOfLast(candles.ts[i] as number, length, bucket.end);
  }
  const first = (values: Float64Array) => values.slice(0, count);
  return {
    candles: {
      ts: first(columns.ts),
      open: first(columns.open),
      high: first(columns.high),
      low: first(columns.low),
      close: first(columns.close),
      volume: first(columns.volume),
    },
    availableAt: () => first(ends),
  };
}

/** When the last candle that opens before `end` is complete, whether or not there is one: told from any candle before it. */
export function endOfLast(ts: number, length: number, end: number): number {
  return ts + Math.ceil((end - ts) / length) * length;
}

function column(bars: number): Float64Array {
  return new Float64Array(bars);
}

/** Whose midnights part the bars: days and longer that open at midnight UTC carry dates, whatever the zone of their exchange. */
export function zoneOfBars({ ts }: Candles, timeframe: Timeframe, timeZone: string): string {
  const stampsDates = timeframeLengthMs(timeframe) >= DAY_MS && (ts[0] ?? 0) % DAY_MS === 0;
  return stampsDates ? 'UTC' : timeZone;
}

/** @throws EngineError `invalid_timeframe` where bars of the finer timeframe do not fit into those of the coarser one */
export function checkFits(finer: Timeframe, coarser: Timeframe): void {
  const [length, wanted] = [timeframeLengthMs(finer), timeframeLengthMs(coarser)];
  const fits = coarser === '1mo' ? DAY_MS % length === 0 : wanted > length && wanted % length === 0;
  if (fits) return;
  const why = wanted < length ? 'is finer than' : 'cannot be made of';
  throw new EngineError(
    'invalid_timeframe',
    `tf('${coarser}') ${why} candles of ${finer}; a timeframe must be as long as the candles' or a whole number of them`,
    { timeframe: coarser },
  );
}
