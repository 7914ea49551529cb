const DAY_MS = 86_400_000;
const YEAR_10000_MS = 253_402_300_800_000;
const ZERO = 48;

/**
 * A time in milliseconds as ISO 8601 in UTC: the same text as `Date.toISOString`, in a quarter of the time. Writing out
 * the times of its trades was the longest part of a backtest.
 *
 * Dates outside 1970 to 9999 are left to `Date`. The others are counted in years from March and eras of 400 years:
 * http://howardhinnant.github.io/date_algorithms.html#civil_from_days
 */
export function isoTime(ms: number): string {
  if (!Number.isInteger(ms) || ms < 0 || ms >= YEAR_10000_MS) return new Date(ms).toISOString();

  // `| 0` keeps the arithmetic in integers, where division and remainder are fast.
  const days = Math.floor(ms / DAY_MS);
  const sinceEra0 = (days + 719_468) | 0;
  const era = (sinceEra0 / 146_097) | 0;
  const dayOfEra = sinceEra0 - era * 146_097;
  const leapDays = ((dayOfEra / 1460) | 0) - ((dayOfEra / 36_524) | 0) + ((dayOfEra / 146_096) | 0);
  const yearOfEra = ((dayOfEra - leapDays) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
  const monthFromMarch = ((5 * dayOfYear + 2) / 153) | 0;
  const day = dayOfYear - (((153 * monthFromMarch + 2) / 5) | 0) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);

  const time = (ms - days * DAY_MS) | 0;
  const hour = (time / 3_600_000) | 0;
  const minute = ((time / 60_000) | 0) % 60;
  const second = ((time / 1000) | 0) % 60;
  const milli = time % 1000;

  // One call with all characters makes one flat string; joining pieces makes a tree that costs more when it is written.
  return String.fromCharCode(
    digit(year, 1000),
    digit(year, 100),
    digit(year, 10),
    digit(year, 1),
    45, // -
    digit(month, 10),
    digit(month, 1),
    45, // -
    digit(day, 10),
    digit(day, 1),
    84, // T
    digit(hour, 10),
    digit(hour, 1),
    58, // :
    digit(minute, 10),
    digit(minute, 1),
    58, // :
    digit(second, 10),
    digit(second, 1),
    46, // .
    digit(milli, 100),
    digit(milli, 10),
    digit(milli, 1),
    90, // Z
  );
}

/** Character code of the digit of `n` at a place: 1, 10, 100 or 1000. */
function digit(n: number, place: number): number {
  return ZERO + (((n / place) | 0) % 10);
}
