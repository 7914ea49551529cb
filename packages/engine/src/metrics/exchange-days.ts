import { localClock, midnight } from '../market/local-clock.ts';

const DAY_MS = 86_400_000;

/** The days of the exchange that have a bar, in order. */
export interface ExchangeDays {
  /** Days since 1970-01-01 in the zone of the exchange. */
  readonly day: Int32Array;
  /** Index of the last bar of each day. */
  readonly last_bar: Int32Array;
}

/**
 * Parts bars into the days of an exchange by their open times, at midnights of its zone, daylight saving included.
 *
 * @param ts open time of each bar in milliseconds, ascending
 * @param timeZone IANA name
 * @throws EngineError `invalid_time_zone`
 */
export function exchangeDays(ts: Float64Array, timeZone: string): ExchangeDays {
  const day: number[] = [];
  const last_bar: number[] = [];
  const clock = localClock(timeZone);
  let current = NaN;
  let until = -Infinity;
  for (let bar = 0; bar < ts.length; bar++) {
    const time = ts[bar] as number;
    if (time < until) continue;
    // Between two changes of the clock a day is a whole number of days of local time, so one look-up a day will do.
    const today = Math.floor((time + clock(time)) / DAY_MS);
    until = midnight(clock, today + 1);
    if (today === current) continue;
    if (bar > 0) last_bar.push(bar - 1);
    day.push(today);
    current = today;
  }
  if (ts.length > 0) last_bar.push(ts.length - 1);
  return { day: Int32Array.from(day), last_bar: Int32Array.from(last_bar) };
}
