import { z } from 'zod';
import { BacktestTrade } from './backtest-result.ts';
import { BacktestDrawdown, BacktestSummary } from './backtest-summary.ts';
import { Timeframe } from './timeframe.ts';

const time = z.number().describe('Milliseconds since the Unix epoch');

/** Values counted in bins of equal width: `counts[i]` of them lie in [edges[i], edges[i + 1]), the last end included. */
export const Histogram = z.strictObject({ edges: z.array(z.number()), counts: z.array(z.int()) });
export type Histogram = z.infer<typeof Histogram>;

/** One thing to read a result with. */
export const ReportNote = z.strictObject({
  level: z.enum(['warning', 'info']),
  code: z.string(),
  message: z.string(),
});
export type ReportNote = z.infer<typeof ReportNote>;

/** All that a frontend draws of one backtest. Columns of one object have the same length, and all are bounded. */
export const BacktestReport = z.strictObject({
  symbol: z.string(),
  timeframe: Timeframe,
  time_zone: z.string(),
  summary: BacktestSummary,
  curve: z
    .strictObject({
      at: z.array(time),
      equity: z.array(z.number()),
      drawdown_pct: z.array(z.number()).describe('Fall from the running peak, 0 or above'),
      benchmark: z.array(z.number()).nullable().describe('The initial cash in the benchmark'),
    })
    .describe('Thinned, the extremes of every column kept'),
  prices: z
    .strictObject({
      at: z.array(time),
      open: z.array(z.number()),
      high: z.array(z.number()),
      low: z.array(z.number()),
      close: z.array(z.number()),
    })
    .nullable()
    .describe('Candles of the main instrument, several to one where there are many'),
  monthly_returns: z.array(
    z.strictObject({
      year: z.int(),
      months_pct: z.array(z.number().nullable()).length(12).describe('January first; null without a bar'),
      year_pct: z.number(),
    }),
  ),
  trades: z.array(BacktestTrade).describe('The first ones; summary.trades is how many there are'),
  histograms: z.strictObject({
    daily_returns_pct: Histogram,
    trade_returns_pct: Histogram,
    holding_bars: Histogram,
  }),
  rolling_sharpe: z
    .strictObject({ window_days: z.int(), at: z.array(time), value: z.array(z.number().nullable()) })
    .nullable()
    .describe('Annualised, of the days up to each; null when there are too few days'),
  exposure: z.strictObject({
    at: z.array(time),
    pct: z.array(z.number()).describe('Share of the bars from this time to the next that saw a position'),
  }),
  excursions: z
    .strictObject({
      seq: z.array(z.int()),
      mae_pct: z.array(z.number()),
      mfe_pct: z.array(z.number()),
      return_pct: z.array(z.number()),
    })
    .describe('Trades whose excursions are known'),
  drawdowns: z.array(BacktestDrawdown).max(5).describe('The deepest first'),
  executions: z
    .strictObject({
      orders: z
        .strictObject({
          working: z.int().describe('Still waiting after the last bar'),
          filled: z.int(),
          cancelled: z.int(),
          expired: z.int(),
          rejected: z.int(),
        })
        .describe('Of instruments, by what became of them'),
      option_fills: z
        .strictObject({ data: z.int(), model: z.int(), settlement: z.int() })
        .nullable()
        .describe('By what priced them; null in a backtest without options'),
      option_orders_rejected: z.int(),
      rejections: z
        .array(z.strictObject({ reason: z.string(), count: z.int() }))
        .max(20)
        .describe('The most frequent first'),
    })
    .nullable()
    .describe('Null where orders were not kept: on the compiled path, and of a stored result'),
  notes: z.array(ReportNote),
  receipt: z.record(z.string(), z.string()).nullable().describe('Hashes of what the result was made of'),
});
export type BacktestReport = z.infer<typeof BacktestReport>;
