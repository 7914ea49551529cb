import type { DeskBar } from '../simulator/desk.ts';

export const DAY_MS = 86_400_000;
const DAYS_A_YEAR = 365;
/** When options stop trading on a day, in UTC: 16:00 of New York in winter, an hour late in summer. */
const LAST_TRADE_MS = 21 * 3_600_000;

/**
 * Days are counted from 1970 by their UTC date. A daily bar of New York opens at 04:00 or 05:00 UTC of its date and its
 * sessions end before midnight UTC, so the UTC date of a bar's open is the date of the exchange.
 */
export function dayOf(ts: number): number {
  return Math.floor(ts / DAY_MS);
}

/** 0 is Sunday. Day 0, 1970-01-01, was a Thursday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** The expiry of contracts whose last trading day this is: its end. */
export function expiryOfDay(day: number): number {
  return (day + 1) * DAY_MS;
}

/** The last trading day of a contract that expires then. */
export function lastTradingDay(expiry: number): number {
  return Math.ceil(expiry / DAY_MS) - 1;
}

/** The last trading day of an expiry that data writes as a date: a weekend's is the Friday before. */
export function lastTradingDayOfDate(day: number): number {
  const weekday = weekdayOf(day);
  return weekday === 6 ? day - 1 : weekday === 0 ? day - 2 : day;
}

/**
 * Time to expiry in years of 365 days, at the close of a bar: whole days between the dates for daily bars, to the minute for
 * shorter ones. 0 at the close of the last trading day.
 */
export function yearsToExpiry(expiry: number, { ts, available_at }: DeskBar): number {
  const lastDay = lastTradingDay(expiry);
  if (available_at - ts >= DAY_MS) return Math.max(0, lastDay - dayOf(ts)) / DAYS_A_YEAR;
  return Math.max(0, lastDay * DAY_MS + LAST_TRADE_MS - available_at) / (DAYS_A_YEAR * DAY_MS);
}

/** Whole days from the date of a bar to the last trading day. */
export function daysToExpiry(expiry: number, ts: number): number {
  return lastTradingDay(expiry) - dayOf(ts);
}

/** Last trading days after `day`, ascending: so many third Fridays, and all Fridays of so many weeks. */
export function listedExpiries(day: number, months: number, weeks: number): number[] {
  const days = new Set<number>();
  const nextFriday = day + 1 + ((5 - weekdayOf(day + 1) + 7) % 7);
  for (let week = 0; week < weeks; week++) days.add(nextFriday + 7 * week);
  const date = new Date(day * DAY_MS);
  for (let ahead = 0, found = 0; found < months; ahead++) {
    const friday = thirdFriday(date.getUTCFullYear(), date.getUTCMonth() + ahead);
    if (friday <= day) continue;
    days.add(friday);
    found++;
  }
  return [...days].sort((a, b) => a - b);
}

/** @param month from 0; months beyond 11 are of the years after */
function thirdFriday(year: number, month: number): number {
  const first = Date.UTC(year, month, 1) / DAY_MS;
  return first + ((5 - weekdayOf(first) + 7) % 7) + 14;
}
