import { z } from 'zod';
import { BacktestSettings } from './backtest-settings.ts';
import { StoredInstant } from './stored-instant.ts';
import { StrategySpec } from './strategy-spec.ts';

/** What a bias check is about. The column `studies.spec` of the kind bias_check. */
export const BiasCheckSpec = z.strictObject({
  strategy: StrategySpec,
  initial_cash: z.number().min(0.01).max(1e12).default(10_000),
  settings: BacktestSettings.prefault({}),
  from: StoredInstant.optional().describe('First open time to use, inclusive; the first candle by default'),
  to: StoredInstant.optional().describe('Open time to stop before, exclusive; to the last candle by default'),
  start_up_bars: z
    .array(z.int().min(1).max(1_000_000))
    .min(1)
    .max(20)
    .optional()
    .describe('Lengths of history whose signals are compared; multiples of the warm-up by default'),
});
export type BiasCheckSpec = z.infer<typeof BiasCheckSpec>;
