import { z } from 'zod';

/** Length of one bar, in milliseconds, for every timeframe whose bars all have the same length. */
const FIXED_LENGTH_MS = {
  '1m': 60_000,
  '3m': 180_000,
  '5m': 300_000,
  '15m': 900_000,
  '30m': 1_800_000,
  '1h': 3_600_000,
  '2h': 7_200_000,
  '4h': 14_400_000,
  '6h': 21_600_000,
  '8h': 28_800_000,
  '12h': 43_200_000,
  '1d': 86_400_000,
  '1w': 604_800_000,
} as const;

/** Every timeframe Tradebase knows, shortest first. `1mo` is a calendar month. */
export const TIMEFRAMES = [
  '1m',
  '3m',
  '5m',
  '15m',
  '30m',
  '1h',
  '2h',
  '4h',
  '6h',
  '8h',
  '12h',
  '1d',
  '1w',
  '1mo',
] as const;

export const Timeframe = z.enum(TIMEFRAMES);
export type Timeframe = z.infer<typeof Timeframe>;

/** Nominal length of a bar in milliseconds; a month counts as 30 days. */
export function timeframeLengthMs(timeframe: Timeframe): number {
  return timeframe === '1mo' ? 30 * FIXED_LENGTH_MS['1d'] : FIXED_LENGTH_MS[timeframe];
}

/** Midnights of all time zones are within this of those of UTC. */
const MOST_ZONE_OFFSET_MS = 14 * FIXED_LENGTH_MS['1h'];

/**
 * When a bar that opens at `openMs` is complete: milliseconds since the Unix epoch. A month ends where the next one of the
 * calendar begins: at the time of day it opened at, where that can be a midnight of its exchange, which east of Greenwich is
 * on the last day of the month before in UTC; else at midnight UTC, as for a bar stamped with its first trading day.
 */
export function barEndMs(openMs: number, timeframe: Timeframe): number {
  if (timeframe !== '1mo') return openMs + FIXED_LENGTH_MS[timeframe];
  const within = new Date(openMs + MOST_ZONE_OFFSET_MS);
  const monthAt = (months: number) => Date.UTC(within.getUTCFullYear(), within.getUTCMonth() + months);
  const offset = openMs - monthAt(0);
  return monthAt(1) + (Math.abs(offset) <= MOST_ZONE_OFFSET_MS ? offset : 0);
}
