import { z } from 'zod';

/** One closed trade: bought at the open of the entry bar, sold at the open of the exit bar. */
export const BacktestTrade = z.strictObject({
  seq: z.int().min(1).describe('Number of the trade within the backtest, from 1'),
  side: z.literal('long'),
  entry_bar: z.int().min(0).describe('Index of the bar at whose open the entry filled'),
  exit_bar: z.int().min(0).describe('Index of the bar at whose open the exit filled'),
  entry_at: z.string().describe('Open time of the entry bar, ISO 8601'),
  exit_at: z.string().describe('Open time of the exit bar, ISO 8601'),
  entry_price: z.number(),
  exit_price: z.number(),
  quantity: z.number().describe('Units bought and sold; fractional'),
  fee: z.number().describe('Fees of both sides, in the quote currency'),
  pnl: z.number().describe('Net profit, in the quote currency, after both fees'),
  return_pct: z.number().describe('Net profit over the value at entry, in percent'),
});
export type BacktestTrade = z.infer<typeof BacktestTrade>;

/** A metric that cannot be computed is null, and `undefined_metrics` says why: never a sentinel. */
const metric = z.number().nullable();

/** The headline of a backtest. Percentages are percent (12.5 = 12.5 %), money is in the quote currency. */
export const BacktestSummary = z.strictObject({
  engine_version: z.string(),
  metric_version: z.int(),
  bars: z.int().min(0),
  first_bar_at: z.string(),
  last_bar_at: z.string(),
  initial_cash: z.number(),
  final_equity: z.number().describe('Cash plus an open position at the last close, without exit cost'),
  total_return_pct: z.number(),
  max_drawdown_pct: z.number().min(0).describe('Largest fall from a running peak that starts at the initial cash'),
  exposure_pct: z.number().describe('Share of bars whose close was seen with a position'),
  fees_paid: z.number(),
  trades: z.int().min(0).describe('Closed trades'),
  open_position: z
    .strictObject({ entry_bar: z.int(), entry_at: z.string(), entry_price: z.number(), quantity: z.number() })
    .nullable(),
  win_rate_pct: metric,
  profit_factor: metric.describe('Sum of winning net profit over the sum of losing net loss'),
  sharpe: metric.describe('Mean over sample deviation of daily returns, times sqrt(252), no risk-free rate'),
  sortino: metric.describe('Mean over downside deviation of daily returns, times sqrt(252), no risk-free rate'),
  cagr_pct: metric,
  calmar: metric.describe('cagr_pct over max_drawdown_pct'),
  buy_and_hold_return_pct: metric.describe('First open to last close, no fee'),
  undefined_metrics: z.record(z.string(), z.string()).describe('Why each null metric has no value'),
});
export type BacktestSummary = z.infer<typeof BacktestSummary>;
