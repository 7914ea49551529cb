import { EngineError } from '../engine-error.ts';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** No zone has changed its clock at a finer step than this since 1970. */
const FINEST_MS = 60_000;

/**
 * How far the clock of a zone is ahead of UTC at an instant, both in milliseconds. Zone rules come from the runtime's
 * time zone database; they are asked for once a week of data, and bisected where the clock changed within it.
 *
 * @param timeZone IANA name
 * @throws EngineError `invalid_time_zone`
 */
export function localClock(timeZone: string): (time: number) => number {
  if (timeZone === 'UTC') return () => 0;
  const ask = zoneReader(timeZone);
  const offsets = new Map<number, number>();
  const offsetAtWeek = (week: number): number => {
    let offset = offsets.get(week);
    if (offset === undefined) {
      offset = ask(week * WEEK_MS);
      offsets.set(week, offset);
    }
    return offset;
  };
  const changes = new Map<number, number>();
  // The stretch of one offset that was asked for last: bars come in order.
  let [from, to, offset] = [NaN, NaN, 0];

  return (time) => {
    if (time >= from && time < to) return offset;
    const week = Math.floor(time / WEEK_MS);
    [from, to] = [week * WEEK_MS, (week + 1) * WEEK_MS];
    offset = offsetAtWeek(week);
    const after = offsetAtWeek(week + 1);
    if (offset === after) return offset;
    const change = changes.get(week) ?? findChange(ask, from, to);
    changes.set(week, change);
    if (time < change) to = change;
    else [from, offset] = [change, after];
    return offset;
  };
}

/** The first instant of a local day, counted from 1970-01-01. The offset is asked for twice, as the clock may change between. */
export function midnight(clock: (time: number) => number, day: number): number {
  const wall = day * DAY_MS;
  return wall - clock(wall - clock(wall));
}

/** The first minute at which the offset is no longer that of `from`. */
function findChange(ask: (time: number) => number, from: number, to: number): number {
  const before = ask(from);
  let low = from;
  let high = to;
  while (high - low > FINEST_MS) {
    const middle = low + Math.floor((high - low) / 2 / FINEST_MS) * FINEST_MS;
    if (ask(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

function zoneReader(timeZone: string): (time: number) => number {
  const format = formatIn(timeZone);
  return (time) => {
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(time)) part[type] = Number(value);
    const { year = NaN, month = NaN, day = NaN, hour = NaN, minute = NaN, second = NaN } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000;
  };
}

function formatIn(timeZone: string): Intl.DateTimeFormat {
  const time = { hour: 'numeric', minute: 'numeric', second: 'numeric', hourCycle: 'h23' } as const;
  const date = { year: 'numeric', month: 'numeric', day: 'numeric', calendar: 'gregory' } as const;
  try {
    return new Intl.DateTimeFormat('en-US', { ...date, ...time, timeZone });
  } catch {
    throw new EngineError(
      'invalid_time_zone',
      `${timeZone} is no time zone; it must be an IANA name: America/New_York`,
    );
  }
}
