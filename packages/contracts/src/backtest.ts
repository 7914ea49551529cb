import { z } from 'zod';
import { BacktestSummary } from './backtest-summary.ts';
import { StrategySpec } from './strategy-spec.ts';
import { Timeframe } from './timeframe.ts';

export const BacktestStatus = z.enum(['queued', 'running', 'completed', 'failed', 'cancelled']);
export type BacktestStatus = z.infer<typeof BacktestStatus>;

/** A backtest as its owner sees it: the request and how far it has come. */
export const Backtest = z.strictObject({
  id: z.guid(),
  symbol: z.string(),
  timeframe: Timeframe,
  strategy: StrategySpec,
  range_start: z.string().nullable(),
  range_end: z.string().nullable(),
  initial_cash: z.number(),
  fee_bps: z.number(),
  status: BacktestStatus,
  progress: z.number().min(0).max(1),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
});
export type Backtest = z.infer<typeof Backtest>;

/** Answer of GET /api/backtests/:id. */
export const BacktestWithResult = Backtest.extend({
  result: z.strictObject({ summary: BacktestSummary }).nullable(),
});
export type BacktestWithResult = z.infer<typeof BacktestWithResult>;

/** Query of GET /api/backtests. */
export const ListBacktestsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional().describe('next_cursor of the page before'),
  status: BacktestStatus.optional(),
});
export type ListBacktestsQuery = z.infer<typeof ListBacktestsQuery>;

/** Answer of GET /api/backtests: newest first. `next_cursor` is null on the last page. */
export const BacktestPage = z.strictObject({ items: z.array(Backtest), next_cursor: z.string().nullable() });
export type BacktestPage = z.infer<typeof BacktestPage>;
