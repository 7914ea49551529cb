/** Bars outside these years are a mistake of the file: a wrong unit of time, or digits swapped. */
export const FIRST_YEAR = 1900;
export const LAST_YEAR = 2199;
export const FIRST_TS = Date.UTC(FIRST_YEAR, 0, 1);
export const END_TS = Date.UTC(LAST_YEAR + 1, 0, 1);

/** Days in a month counted from 1, or 0 if there is no such month. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  if (month === 4 || month === 6 || month === 9 || month === 11) return 30;
  return month >= 1 && month <= 12 ? 31 : 0;
}

/**
 * Days from 1970-01-01 to a date of the Gregorian calendar, for years after 0.
 * http://howardhinnant.github.io/date_algorithms.html#days_from_civil
 */
export function daysFromCivil(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = (marchYear / 400) | 0;
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) | 0) + day - 1;
  const dayOfEra = yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
