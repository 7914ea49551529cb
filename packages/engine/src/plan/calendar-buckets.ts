import { type Timeframe, timeframeLengthMs } from '@tradebase/contracts';

const DAY_MS = 86_400_000;
/** 1970-01-01, day 0, was a Thursday: Monday's weeks begin three days before. */
const MONDAY_OFFSET_DAYS = 3;

/** A stretch of time that makes one bar: from its start, inclusive, to its end. */
export interface Bucket {
  readonly start: number;
  readonly end: number;
}

/**
 * The bar of a timeframe that an instant belongs to. Bars shorter than a day count from midnight UTC; days, weeks (from
 * Monday) and months are those of the time zone.
 */
export function bucketOf(ts: number, timeframe: Timeframe, timeZone: string): Bucket {
  const length = timeframeLengthMs(timeframe);
  if (length < DAY_MS) {
    const start = Math.floor(ts / length) * length;
    return { start, end: start + length };
  }
  const day = Math.floor((ts + zoneOffsetMs(ts, timeZone)) / DAY_MS);
  const [first, next] = daysAround(day, timeframe);
  return { start: midnight(first, timeZone), end: midnight(next, timeZone) };
}

/** First day of the bar that a day belongs to, and of the bar after it, as days since 1970-01-01. */
function daysAround(day: number, timeframe: Timeframe): [first: number, next: number] {
  switch (timeframe) {
    case '1w': {
      const first = Math.floor((day + MONDAY_OFFSET_DAYS) / 7) * 7 - MONDAY_OFFSET_DAYS;
      return [first, first + 7];
    }
    case '1mo': {
      const date = new Date(day * DAY_MS);
      const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
      return [Date.UTC(year, month) / DAY_MS, Date.UTC(year, month + 1) / DAY_MS];
    }
    default:
      return [day, day + 1];
  }
}

/** The instant at which a day of a time zone begins. */
function midnight(day: number, timeZone: string): number {
  const wall = day * DAY_MS;
  // The offset of the instant itself: the second round matters where clocks change in between.
  const guess = wall - zoneOffsetMs(wall, timeZone);
  return wall - zoneOffsetMs(guess, timeZone);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far a zone's clocks are ahead of UTC at an instant. */
function zoneOffsetMs(ts: number, timeZone: string): number {
  if (timeZone === 'UTC') return 0;
  let format = formats.get(timeZone);
  if (!format) {
    const numeric = 'numeric' as const;
    const fields = { year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric };
    format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...fields });
    formats.set(timeZone, format);
  }
  const parts = new Map<string, number>(format.formatToParts(ts).map(({ type, value }) => [type, Number(value)]));
  const at = (type: string) => parts.get(type) ?? 0;
  const wall = Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second'));
  return wall - Math.floor(ts / 1000) * 1000;
}
