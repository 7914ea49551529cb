import { z } from 'zod';

const rate = z.number().min(-50).max(100);

/** How options are quoted, traded and settled in a backtest. Money is in the quote currency. */
export const OptionsSettings = z.strictObject({
  multiplier: z.number().positive().max(10_000).default(100).describe('Shares of one contract'),
  fee_per_contract: z.number().min(0).max(1000).default(0.65).describe('Of each contract bought or sold'),
  rate_pct: rate.default(0).describe('Risk-free, a year, continuously compounded'),
  dividend_yield_pct: rate.default(0).describe('Of the underlying, a year, continuously compounded'),
  style: z.enum(['american', 'european']).default('american').describe('Whether short options can be assigned early'),
  settlement: z.enum(['stock', 'cash']).default('stock').describe('What changes hands at exercise'),
  margin: z
    .enum(['reg_t', 'defined_risk'])
    .default('reg_t')
    .describe('Naked shorts tie up 20 % of the underlying less what they are out of the money, or all they can lose'),
  dividends: z
    .array(z.strictObject({ ex_date: z.iso.date(), amount: z.number().min(0) }))
    .max(1000)
    .default([])
    .describe('In cash, a share: short calls in the money are assigned before them'),
  volatility: z
    .strictObject({
      estimator: z
        .enum(['close', 'yang_zhang'])
        .default('close')
        .describe('Of the realised volatility: yang_zhang needs highs and lows without false prints'),
      window_bars: z.int().min(2).max(5000).default(20),
      premium: z.number().positive().max(10).default(1.1).describe('Implied over realised volatility'),
      skew: z
        .number()
        .min(-1)
        .max(1)
        .default(0.1)
        .describe('Share by which volatility rises for each deviation that a strike is below the forward'),
      floor_pct: z.number().positive().max(100).default(5).describe('Least volatility, a year'),
    })
    .prefault({})
    .describe('Of the model that quotes where there is no data'),
  expiries: z
    .strictObject({
      months: z.int().min(0).max(24).default(3).describe('Third Fridays to come'),
      weeks: z.int().min(0).max(52).default(4).describe('Other Fridays to come'),
    })
    .prefault({}),
  strikes: z
    .strictObject({
      step: z.number().positive().optional().describe('About 1 % of the price, as a round number, if left out'),
      width_pct: z.number().positive().max(90).default(30).describe('Distance of the last strikes from the price'),
    })
    .prefault({}),
  spread: z
    .strictObject({
      percent: z.number().min(0).max(100).default(2).describe('Between bid and ask, of the price'),
      minimum: z.number().min(0).default(0.02),
      tick_size: z.number().min(0).default(0.01).describe('Bids are rounded down to it and asks up'),
    })
    .prefault({})
    .describe('Of the model'),
});
export type OptionsSettings = z.infer<typeof OptionsSettings>;
/** Settings as a caller writes them: what is left out takes its default. */
export type OptionsSettingsInput = z.input<typeof OptionsSettings>;
