import { z } from 'zod';
import { SYMBOL } from './candles.ts';
import { StrategySpec } from './strategy-spec.ts';
import { Timeframe } from './timeframe.ts';

/** ISO 8601 with a zone, or a date, which means its midnight in UTC. Parses to the former. */
const instant = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })], {
    error: 'must be an ISO 8601 date, or date and time with zone',
  })
  .transform((text) => new Date(text).toISOString())
  .refine((time) => time >= '1900' && time < '2200', 'must be in the years 1900 to 2199');

/** Rounded to the eight decimals that the database keeps: 0.1 + 0.2 is 0.3. */
function places(number: z.ZodNumber) {
  return number.transform((value) => Number(value.toFixed(8)));
}

/** Body of POST /api/backtests. */
export const CreateBacktestRequest = z
  .strictObject({
    symbol: z
      .string()
      .toUpperCase()
      .regex(SYMBOL, 'must be 1 to 32 letters, digits and . _ : / -, such as GOOG or BTC/USDT'),
    timeframe: Timeframe,
    strategy: StrategySpec,
    from: instant.optional().describe('First open time to use, inclusive; the first candle by default'),
    to: instant.optional().describe('Open time to stop before, exclusive; to the last candle by default'),
    initial_cash: places(z.number().min(0.01).max(1e12)).default(10_000).describe('In the quote currency'),
    fee_bps: places(z.number().min(0).max(1000)).default(0).describe('Fee of each fill, in basis points of its value'),
  })
  .refine(({ from, to }) => !from || !to || from < to, { path: ['from'], message: 'from must be before to' });
export type CreateBacktestRequest = z.infer<typeof CreateBacktestRequest>;
