import { daysFromCivil, daysInMonth, END_TS, FIRST_TS } from './candle-time.ts';
import { epochToMs } from './scan-timestamp.ts';

const ISO_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})0*)?)?(Z|[+-]\d{2}(?::?\d{2})?))?$/;

/**
 * A time as text, in milliseconds since the Unix epoch; NaN if it is none. Takes all that `scanTimestamp` takes, and
 * besides: an offset in place of `Z`, a space in place of `T`, no seconds, and a date alone, which is midnight UTC.
 */
export function parseTimestamp(text: string): number {
  if (/^\d+$/.test(text)) return epochToMs(Number(text), text.length);
  const match = ISO_TIME.exec(text);
  if (!match) return Number.NaN;
  const [, years, months, days, hours = '0', minutes = '0', seconds = '0', fraction = '', zone = 'Z'] = match;
  const year = Number(years);
  const month = Number(months);
  const day = Number(days);
  const hour = Number(hours);
  const minute = Number(minutes);
  const second = Number(seconds);
  if (day < 1 || day > daysInMonth(year, month) || hour > 23 || minute > 59 || second > 59) return Number.NaN;
  const local =
    daysFromCivil(year, month, day) * 86_400_000 +
    hour * 3_600_000 +
    minute * 60_000 +
    second * 1000 +
    Number(fraction.padEnd(3, '0'));
  const ts = local - offsetMs(zone);
  return ts >= FIRST_TS && ts < END_TS ? ts : Number.NaN;
}

/** `+05:30`, `+0530` or `+05` in milliseconds; NaN for more than 18 hours, the limit of ISO 8601's users. */
function offsetMs(zone: string): number {
  if (zone === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  if (minutes > 18 * 60 || Number(digits.slice(2)) > 59) return Number.NaN;
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
