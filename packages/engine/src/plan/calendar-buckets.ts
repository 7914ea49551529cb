import { type Timeframe, timeframeLengthMs } from '@tradebase/contracts';
import { localClock, midnight } from '../market/local-clock.ts';

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
  const clock = clockOf(timeZone);
  const day = Math.floor((ts + clock(ts)) / DAY_MS);
  const [first, next] = daysAround(day, timeframe);
  return { start: midnight(clock, first), end: midnight(clock, next) };
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

const clocks = new Map<string, (time: number) => number>();

function clockOf(timeZone: string): (time: number) => number {
  let clock = clocks.get(timeZone);
  if (!clock) {
    clock = localClock(timeZone);
    clocks.set(timeZone, clock);
  }
  return clock;
}
