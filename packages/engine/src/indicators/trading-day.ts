import { number } from './parameters.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Where midnight is: minutes east of UTC, fixed, without daylight saving. */
export const UTC_OFFSET_MINUTES = number('utc_offset_minutes', 0, -840, 840);

/** Number of the day in which a bar opens, by the clock so many minutes east of UTC. */
export function dayOf(ts: number, utcOffsetMinutes: number): number {
  return Math.floor((ts + utcOffsetMinutes * MINUTE_MS) / DAY_MS);
}
