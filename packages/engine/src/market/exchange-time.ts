import { EngineError } from '../engine-error.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** The wall clock of an exchange: its midnights part its days, summer time included. */
export class ExchangeTime {
  readonly #format: Intl.DateTimeFormat | null;
  #cachedFrom = NaN;
  #cachedTo = NaN;
  #cachedOffset = 0;

  /**
   * @param zone an IANA time zone, such as `America/New_York`
   * @throws EngineError `invalid_settings` where the zone is unknown
   */
  constructor(zone: string) {
    this.#format = zone === 'UTC' ? null : formatOf(zone);
  }

  /** Number of the exchange's day in which `ts` lies, counted from 1970-01-01. */
  day(ts: number): number {
    return Math.floor((ts + this.#offset(ts)) / DAY_MS);
  }

  /** Minutes since the exchange's midnight. */
  minute(ts: number): number {
    const local = ts + this.#offset(ts);
    return Math.floor((local - Math.floor(local / DAY_MS) * DAY_MS) / 60_000);
  }

  /** 0 is Sunday. */
  weekday(ts: number): number {
    const sinceThursday = (this.day(ts) + 4) % 7;
    return sinceThursday < 0 ? sinceThursday + 7 : sinceThursday;
  }

  /** What the exchange's clock is ahead of UTC. Asked of the platform once a UTC day, or once an hour when clocks change. */
  #offset(ts: number): number {
    if (this.#format === null) return 0;
    if (ts >= this.#cachedFrom && ts < this.#cachedTo) return this.#cachedOffset;
    const day = Math.floor(ts / DAY_MS) * DAY_MS;
    const atStart = offsetAt(this.#format, day);
    if (atStart === offsetAt(this.#format, day + DAY_MS)) {
      this.#cachedFrom = day;
      this.#cachedTo = day + DAY_MS;
      this.#cachedOffset = atStart;
    } else {
      this.#cachedFrom = Math.floor(ts / HOUR_MS) * HOUR_MS;
      this.#cachedTo = this.#cachedFrom + HOUR_MS;
      this.#cachedOffset = offsetAt(this.#format, this.#cachedFrom);
    }
    return this.#cachedOffset;
  }
}

function formatOf(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    throw new EngineError('invalid_settings', `time_zone is ${zone}; it must be an IANA zone such as America/New_York`);
  }
}

function offsetAt(format: Intl.DateTimeFormat, ts: number): number {
  const parts = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of format.formatToParts(ts)) {
    if (type in parts) parts[type as keyof typeof parts] = Number(value);
  }
  const wall = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  return wall - Math.floor(ts / 1000) * 1000;
}
