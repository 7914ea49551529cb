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

/** When a bar that opens at `openMs` ends and is known: milliseconds since the Unix epoch. A month ends with the calendar's. */
export function barEndMs(openMs: number, timeframe: Timeframe): number {
  if (timeframe !== '1mo') return openMs + FIXED_LENGTH_MS[timeframe];
  const open = new Date(openMs);
  return Date.UTC(open.getUTCFullYear(), open.getUTCMonth() + 1, 1);
}
