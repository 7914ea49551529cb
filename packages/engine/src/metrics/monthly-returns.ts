import type { ExchangeDays } from './exchange-days.ts';

const DAY_MS = 86_400_000;

export interface MonthlyReturn {
  readonly year: number;
  /** 1 is January. */
  readonly month: number;
  /** Simple return from the last mark before the month, as a fraction. */
  readonly return: number;
}

/**
 * Return of every month of the exchange that has a bar, in order; the first is from the initial cash. Compounded they are
 * the total return. NaN from the month on after equity fell to zero or below.
 */
export function monthlyReturns(
  { day, last_bar }: ExchangeDays,
  equity: ArrayLike<number>,
  initialCash: number,
): MonthlyReturn[] {
  const months: MonthlyReturn[] = [];
  let before = initialCash;
  for (let index = 0; index < day.length; index++) {
    const date = new Date((day[index] as number) * DAY_MS);
    const next = day[index + 1];
    if (next !== undefined && isSameMonth(date, new Date(next * DAY_MS))) continue;
    const mark = equity[last_bar[index] as number] as number;
    months.push({
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      return: before > 0 ? mark / before - 1 : NaN,
    });
    before = mark;
  }
  return months;
}

function isSameMonth(a: Date, b: Date): boolean {
  return a.getUTCMonth() === b.getUTCMonth() && a.getUTCFullYear() === b.getUTCFullYear();
}
