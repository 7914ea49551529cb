import { localClock } from './local-clock.ts';

const DAY_MS = 86_400_000;

/** The wall clock of an exchange: its midnights part its days, summer time included. */
export class ExchangeTime {
  /** What it is ahead of UTC at an instant. */
  readonly #offset: (ts: number) => number;

  /**
   * @param zone an IANA time zone, such as `America/New_York`
   * @throws EngineError `invalid_time_zone`
   */
  constructor(zone: string) {
    this.#offset = localClock(zone);
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
}
