import { z } from 'zod';
import { BacktestSummary } from './backtest-summary.ts';
import { StrategySpec } from './strategy-spec.ts';
import { TaskStatus } from './task-status.ts';
import { Timeframe } from './timeframe.ts';

export const BacktestStatus = TaskStatus;
export type BacktestStatus = z.infer<typeof BacktestStatus>;

/** A backtest as its owner sees it: the request and how far it has come. */
export const Backtest = z.strictObject({
  id: z.guid(),
  name: z.string().nullable(),
  note: z.string().nullable(),
  symbol: z.string(),
  further_symbols: z.array(z.string()).describe('The other instruments of a portfolio'),
  timeframe: Timeframe,
  finer_timeframe: Timeframe.nullable(),
  strategy: StrategySpec,
  strategy_version_id: z.guid().nullable(),
  range_start: z.string().nullable(),
  range_end: z.string().nullable(),
  initial_cash: z.number(),
  fee_bps: z.number().describe('0 where settings say what the fees are'),
  settings: z.record(z.string(), z.unknown()).describe('As requested: BacktestSettings, perhaps without fees'),
  seed: z.number().nullable(),
  engine_version: z.string().nullable(),
  data_versions: z.record(z.string(), z.number()).nullable().describe('By "symbol timeframe"; null until it has run'),
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

/** Answer of GET /api/backtests/:id/report, once it is completed. What a result from before reports lacks is null. */
export const BacktestResultReport = z.strictObject({
  summary: BacktestSummary,
  metric_version: z.int().nullable(),
  report: z.record(z.string(), z.unknown()).nullable(),
  receipt: z.record(z.string(), z.unknown()).nullable().describe('Hashes: running it again must give the same'),
  data_quality: z.record(z.string(), z.unknown()).nullable(),
  ambiguity: z.record(z.string(), z.unknown()).nullable(),
  stored_trades: z.int(),
  stored_orders: z.int(),
  created_at: z.string(),
});
export type BacktestResultReport = z.infer<typeof BacktestResultReport>;

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
