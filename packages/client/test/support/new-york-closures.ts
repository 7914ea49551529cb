const [SUNDAY, MONDAY, THURSDAY, SATURDAY] = [0, 1, 4, 6];

/**
 * Days of a year on which the exchanges of New York are closed, and with `until 13:00` those on which they close early, by
 * the rules since 2020: an oracle for the days that are written down. Without days of mourning.
 */
export function newYorkClosures(year: number): string[] {
  const newYear = day(year, 1, 1);
  const independence = observed(day(year, 7, 4));
  const thanksgiving = nthWeekday(year, 11, THURSDAY, 4);
  const christmas = observed(day(year, 12, 25));
  const closed = [
    ...(newYear.getUTCDay() === SATURDAY ? [] : [observed(newYear)]),
    nthWeekday(year, 1, MONDAY, 3),
    nthWeekday(year, 2, MONDAY, 3),
    goodFriday(year),
    lastMonday(year, 5),
    ...(year < 2022 ? [] : [observed(day(year, 6, 19))]),
    independence,
    nthWeekday(year, 9, MONDAY, 1),
    thanksgiving,
    christmas,
  ].map(iso);
  const halfDays = [plus(thanksgiving, 1), day(year, 12, 24), day(year, 7, 3)]
    .filter((date) => date.getUTCDay() !== SUNDAY && date.getUTCDay() !== SATURDAY && !closed.includes(iso(date)))
    .map((date) => `${iso(date)} until 13:00`);
  return [...closed, ...halfDays];
}

const iso = (date: Date) => date.toISOString().slice(0, 10);
const day = (year: number, month: number, date: number) => new Date(Date.UTC(year, month - 1, date));
const plus = (date: Date, days: number) => new Date(date.getTime() + days * 86_400_000);

function observed(date: Date): Date {
  return plus(date, date.getUTCDay() === SATURDAY ? -1 : date.getUTCDay() === SUNDAY ? 1 : 0);
}

function nthWeekday(year: number, month: number, weekday: number, nth: number): Date {
  const first = day(year, month, 1);
  return plus(first, ((weekday - first.getUTCDay() + 7) % 7) + 7 * (nth - 1));
}

function lastMonday(year: number, month: number): Date {
  const last = plus(day(year, month + 1, 1), -1);
  return plus(last, -((last.getUTCDay() - MONDAY + 7) % 7));
}

/** Two days before the Sunday after the first full moon of spring, as Gauss reckons it from 1900 to 2099. */
function goodFriday(year: number): Date {
  const moon = (19 * (year % 19) + 24) % 30;
  const sunday = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + 5) % 7;
  const late = moon === 29 || (moon === 28 && year % 19 > 10) ? 7 : 0;
  return plus(day(year, 3, 22), moon + sunday - (sunday === 6 ? late : 0) - 2);
}
