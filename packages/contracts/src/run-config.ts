import { z } from 'zod';
import { BotMode } from './bot.ts';
import { Timeframe } from './timeframe.ts';

/**
 * Settings of a bot as they were when its run started: what a runner needs to execute it, and what `trading_runs.config`
 * keeps. Written by the database; risk caps are the database's to enforce, and here to be seen.
 */
export const RunConfig = z.object({
  name: z.string(),
  mode: BotMode,
  strategy_type: z.string().describe('Name of a built-in strategy, or rules'),
  strategy: z
    .record(z.string(), z.unknown())
    .nullable()
    .describe('Specification of a strategy of the owner; null for a built-in one'),
  parameters: z.record(z.string(), z.unknown()),
  symbols: z.array(z.string()).min(1),
  timeframe: Timeframe.nullable(),
  settings: z.record(z.string(), z.unknown()).describe('Backtest settings, as the owner gave them'),
  initial_balance: z.number().nullable(),
  schedule: z
    .object({
      exchange: z.string().nullish().describe('The exchange whose session it is; null for hours of its own'),
      start_time: z.string().nullable().describe('Null for all day'),
      end_time: z.string().nullable().describe('Not after the start for a session that ends on the next day'),
      days: z.array(z.int().min(1).max(7)).describe('On which sessions begin; none when it may never trade'),
      timezone: z.string(),
      closures: z
        .array(
          z.object({
            day: z.iso.date().describe('On which a session ends: one over midnight has begun on the day before'),
            closes_at: z.string().nullable().describe('When that session ends; null if there is none'),
            name: z.string(),
          }),
        )
        .max(32)
        .optional()
        .describe('Days to come on which the exchange is closed or closes early, in their order'),
      closures_until: z.iso
        .date()
        .nullish()
        .describe('Last day for which the closures are complete; null where nobody keeps them'),
    })
    .describe('When the bot may trade, by the clock of the time zone'),
  credential_id: z.guid().nullable(),
  risk: z.object({
    risk_per_trade: z.number().nullable(),
    daily_risk_cap: z.number().nullable(),
    max_order_value: z.number().nullable(),
    max_symbol_exposure: z.number().nullable(),
    max_open_positions: z.number().nullable(),
    max_daily_trades: z.number().nullable(),
    max_drawdown_pct: z.number().nullable(),
  }),
});
export type RunConfig = z.infer<typeof RunConfig>;
