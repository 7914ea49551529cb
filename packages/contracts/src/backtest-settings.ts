import { z } from 'zod';
import { OptionsSettings } from './options-settings.ts';

const share = z.number().min(0).max(1);
const bps = z.number().min(0).max(1000);

/** What a fill costs in commission. All amounts are in the quote currency. */
export const FeeModel = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('bps'),
    maker_bps: bps.describe('Fills of resting limit orders, in basis points of their value'),
    taker_bps: bps.describe('All other fills, in basis points of their value'),
    minimum: z.number().min(0).default(0).describe('Least fee of a fill'),
  }),
  z.strictObject({
    type: z.literal('per_share'),
    amount: z.number().min(0).describe('Fee of one unit'),
    minimum: z.number().min(0).default(0).describe('Least fee of a fill'),
    maximum_pct: z.number().positive().max(100).optional().describe('Most, in percent of the value of the fill'),
  }),
  z.strictObject({ type: z.literal('per_trade'), amount: z.number().min(0).describe('Fee of a fill of any size') }),
]);
export type FeeModel = z.infer<typeof FeeModel>;

/** How much worse than the reference price an order that takes liquidity fills. */
export const SlippageModel = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('fixed'), amount: z.number().min(0).describe('In the quote currency, a unit') }),
  z.strictObject({ type: z.literal('bps'), bps }),
  z.strictObject({
    type: z.literal('volume_share'),
    impact: z
      .number()
      .min(0)
      .max(10)
      .default(0.1)
      .describe('Price moves by impact times the square of the share of the volume'),
    max_share: share.default(0.025).describe('Share of the volume beyond which the move grows no more'),
  }),
  z.strictObject({ type: z.literal('spread'), spread_bps: bps.describe('Between bid and ask; each side pays half') }),
]);
export type SlippageModel = z.infer<typeof SlippageModel>;

/** What a unit of an instrument is, and how its market keeps time. */
export const InstrumentRules = z.strictObject({
  lot_size: z.number().min(0).default(0).describe('Quantities are multiples of it; 0 for any'),
  tick_size: z.number().min(0).default(0).describe('Prices of orders are multiples of it; 0 for any'),
  min_notional: z.number().min(0).default(0).describe('Least value of an order, in the quote currency'),
  multiplier: z.number().positive().default(1).describe('Value of a price move of 1 for one unit'),
  calendar: z
    .enum(['equities', 'crypto', 'forex', 'measured'])
    .default('equities')
    .describe('Days a year: equities 252, crypto 365, forex 260, or measured from the data'),
  time_zone: z.string().max(64).default('UTC').describe("The exchange's zone, IANA: its midnights part its days"),
  price_adjustment: z
    .enum(['raw', 'adjusted'])
    .default('raw')
    .describe('Whether prices are adjusted for splits and dividends'),
  fees: FeeModel.optional().describe('Of this instrument; those of the settings by default'),
});
export type InstrumentRules = z.infer<typeof InstrumentRules>;

/** How a backtest trades: everything but the strategy, the candles, the cash and the seed. */
export const BacktestSettings = z.strictObject({
  fees: FeeModel.default({ type: 'bps', maker_bps: 0, taker_bps: 0, minimum: 0 }),
  slippage: SlippageModel.default({ type: 'none' }),
  instrument: InstrumentRules.prefault({}),
  fills: z
    .strictObject({
      market: z
        .enum(['next_open', 'next_close'])
        .default('next_open')
        .describe('Where an order of bar t fills, in bar t + 1'),
      intrabar: z
        .enum(['pessimistic', 'optimistic'])
        .default('pessimistic')
        .describe('Which of stop and target comes first when one bar reaches both'),
      limit: z
        .enum(['through', 'touch'])
        .default('through')
        .describe('How far price must go for a limit order to fill'),
      max_volume_share: share
        .default(1)
        .describe('Most of the volume of a bar that one order takes; the rest waits. 1: no bound'),
    })
    .prefault({}),
  margin: z
    .strictObject({
      leverage: z.number().min(1).max(125).default(1).describe('Most gross exposure over equity'),
      maintenance_pct: z
        .number()
        .min(0)
        .max(100)
        .default(0)
        .describe('Liquidated once equity falls below this share of the exposure'),
      allow_short: z.boolean().default(true),
      borrow_rate_pct: z.number().min(0).max(1000).default(0).describe('A year, on the value of shorts'),
      interest_rate_pct: z.number().min(0).max(1000).default(0).describe('A year, on borrowed cash'),
      funding_rate_pct: z
        .number()
        .min(-10)
        .max(10)
        .default(0)
        .describe('Of a perpetual, at each funding time; longs pay when positive'),
      funding_hours: z.number().min(1).max(24).default(8).describe('Between funding times, from midnight UTC'),
    })
    .prefault({}),
  gaps: z
    .enum(['fail', 'skip', 'fill'])
    .default('skip')
    .describe('Missing bars: refuse the data, go on without them, or repeat the close before at no volume'),
  options: OptionsSettings.prefault({}).describe('Of strategies that trade options; no other looks at them'),
  risk_free_rate_pct: z.number().min(-10).max(100).default(0).describe('A year, for Sharpe and Sortino'),
});
export type BacktestSettings = z.infer<typeof BacktestSettings>;
/** Settings as a caller writes them: what is left out takes its default. */
export type BacktestSettingsInput = z.input<typeof BacktestSettings>;
