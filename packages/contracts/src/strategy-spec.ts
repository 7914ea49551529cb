import { z } from 'zod';

const period = z.int().min(1).max(10_000);

/** SMA crossover: long while the fast average of closes is above the slow one. */
export const SmaCrossSpec = z
  .strictObject({
    name: z.literal('sma-cross'),
    params: z
      .strictObject({
        fast: period.default(10).describe('Length of the fast average, in bars'),
        slow: period.default(30).describe('Length of the slow average, in bars'),
      })
      .refine((p) => p.fast < p.slow, { path: ['fast'], message: 'fast must be smaller than slow' })
      .prefault({}),
  })
  .describe('Buys when the fast average of closes crosses above the slow one, sells when it crosses below.');

/** MACD with an RSI filter: the crossing of the MACD line gives the signal, the RSI vetoes late entries. */
export const MacdRsiSpec = z
  .strictObject({
    name: z.literal('macd-rsi'),
    params: z
      .strictObject({
        fast: period.default(12).describe('Length of the fast EMA of the MACD, in bars'),
        slow: period.default(26).describe('Length of the slow EMA of the MACD, in bars'),
        signal: period.default(9).describe('Length of the signal EMA of the MACD, in bars'),
        rsi_period: period.default(14).describe('Length of the RSI, in bars'),
        rsi_entry_max: z.number().min(0).max(100).default(70).describe('No entry while the RSI is at or above this'),
        rsi_exit_min: z.number().min(0).max(100).default(80).describe('Exit when the RSI reaches this'),
      })
      .refine((p) => p.fast < p.slow, { path: ['fast'], message: 'fast must be smaller than slow' })
      .prefault({}),
  })
  .describe('Buys when the MACD crosses above its signal line with room left in the RSI; sells on the opposite cross.');

/** A strategy with its parameters: what a backtest runs. */
export const StrategySpec = z.discriminatedUnion('name', [SmaCrossSpec, MacdRsiSpec]);
export type StrategySpec = z.infer<typeof StrategySpec>;

export const STRATEGY_NAMES = ['sma-cross', 'macd-rsi'] as const satisfies readonly StrategySpec['name'][];
