import { type InstrumentRules, timeframeLengthMs } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import { ExchangeTime } from './exchange-time.ts';
import type { InstrumentSeries } from './market-data.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** Bars of one series that may be missing: more than 38 years of minutes. A wrong timeframe would else fill memory. */
const MOST_MISSING = 20_000_000;

/** Weekdays in a row without a bar that are taken for holidays: exchanges were closed for four in September 2001. */
const MOST_HOLIDAYS = { equities: 4, forex: 1 } as const;

/** Bars that should be there after a candle and before the next. */
export interface Gap {
  /** Candle before the gap. */
  readonly candle: number;
  /** Open times of the bars that are missing. */
  readonly missing_ts: readonly number[];
}

/** By candles: the rules and what was found. Sweeps look once. */
const found = new WeakMap<object, { calendar: string; zone: string; gaps: readonly Gap[] }>();

/**
 * Bars that are missing, by the calendar of the instrument:
 *
 * - `crypto`: trades always, so every bar between the first and the last should be there;
 * - `equities`: within a day of the exchange, bars follow each other without a break; between days, nights, weekends and up to four
 *   weekdays in a row are no gap. Five or more weekdays without a bar are, for bars of a day; for shorter ones, their bars cannot be told and
 *   one bar a weekday counts as missing;
 * - `forex`: trades always but from Friday 21:00 to Sunday 22:00 UTC; with bars of a day, one weekday alone is a holiday;
 * - `measured`: a break is no gap if at least half of the bars of the same minute of the week are followed by the same break.
 *
 * Weeks and months should follow each other under all calendars.
 *
 * @throws EngineError `data_gaps` where more bars are missing than could be listed
 */
export function findGaps({ symbol, candles, timeframe }: InstrumentSeries, rules: InstrumentRules): readonly Gap[] {
  const { calendar, time_zone } = rules;
  const known = found.get(candles);
  if (known !== undefined && known.calendar === calendar && known.zone === time_zone) return known.gaps;
  const length = timeframeLengthMs(timeframe);
  const missing = length > DAY_MS ? missingAlways(length) : missingBy(calendar, time_zone, length, candles.ts);
  const gaps: Gap[] = [];
  const { ts } = candles;
  let total = 0;
  for (let candle = 0; candle + 1 < ts.length; candle++) {
    const from = ts[candle] as number;
    const to = ts[candle + 1] as number;
    // Clocks that change make days of 23 and 25 hours, and months have 28 to 31 days.
    if (to - from < 1.5 * length) continue;
    const missing_ts = to - from > MOST_MISSING * length ? null : missing(from, to);
    total += missing_ts?.length ?? 0;
    if (missing_ts === null || total > MOST_MISSING) throw tooSparse(symbol, timeframe, candle);
    if (missing_ts.length > 0) gaps.push({ candle, missing_ts });
  }
  found.set(candles, { calendar, zone: time_zone, gaps });
  return gaps;
}

function tooSparse(instrument: string, timeframe: string, bar: number): EngineError {
  const message = `${instrument} misses more than ${MOST_MISSING} bars of ${timeframe}; its candles are of another timeframe, or too sparse for it`;
  return new EngineError('data_gaps', message, { instrument, bar });
}

/** Open times that are missing between two candles that do not follow each other. */
type Missing = (from: number, to: number) => number[];

function missingAlways(length: number): Missing {
  return (from, to) => {
    const steps = Math.round((to - from) / length);
    return Array.from({ length: steps - 1 }, (_, index) => from + (index + 1) * length);
  };
}

function missingBy(calendar: InstrumentRules['calendar'], zone: string, length: number, ts: Float64Array): Missing {
  switch (calendar) {
    case 'crypto':
      return missingAlways(length);
    case 'equities':
      return missingInSessions(length, zone);
    case 'forex':
      return missingInForex(length);
    case 'measured':
      return missingUnlessUsual(length, ts);
  }
}

function missingInSessions(length: number, zone: string): Missing {
  const always = missingAlways(length);
  const time = new ExchangeTime(zone);
  return (from, to) => {
    if (time.day(from) === time.day(to)) return always(from, to);
    const weekdays = missingAlways(DAY_MS)(from, to).filter((ts) => isWeekday(time.weekday(ts)));
    const last = weekdays.at(-1);
    // The last is the day of the next bar itself, where that opens earlier in its day than the bar before did.
    if (last !== undefined && time.day(last) === time.day(to)) weekdays.pop();
    return weekdays.length > MOST_HOLIDAYS.equities ? weekdays : [];
  };
}

function missingInForex(length: number): Missing {
  const always = missingAlways(length);
  if (length === DAY_MS) {
    return (from, to) => {
      const weekdays = always(from, to).filter((ts) => isWeekday(new Date(ts).getUTCDay()));
      return weekdays.length > MOST_HOLIDAYS.forex ? weekdays : [];
    };
  }
  return (from, to) => always(from, to).filter((ts) => !isForexWeekend(ts));
}

function isForexWeekend(ts: number): boolean {
  const date = new Date(ts);
  const hour = (ts % DAY_MS) / HOUR_MS;
  const day = date.getUTCDay();
  return day === 6 || (day === 5 && hour >= 21) || (day === 0 && hour < 22);
}

function missingUnlessUsual(length: number, ts: Float64Array): Missing {
  const bars = new Map<number, number>();
  const breaks = new Map<string, number>();
  const count = <Key>(counts: Map<Key, number>, key: Key) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (let i = 0; i + 1 < ts.length; i++) {
    const from = ts[i] as number;
    const step = (ts[i + 1] as number) - from;
    count(bars, from % WEEK_MS);
    if (step >= 1.5 * length) count(breaks, `${from % WEEK_MS} ${step}`);
  }
  const always = missingAlways(length);
  return (from, to) => {
    const usual = 2 * (breaks.get(`${from % WEEK_MS} ${to - from}`) ?? 0) >= (bars.get(from % WEEK_MS) ?? 0);
    return usual ? [] : always(from, to);
  };
}

function isWeekday(day: number): boolean {
  return day >= 1 && day <= 5;
}
