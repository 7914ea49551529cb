import { z } from 'zod';
import { BotMode, BotStatus, OfflinePolicy, RunStatus } from './bot.ts';
import { Timeframe } from './timeframe.ts';
import { TradingRun } from './trading-data.ts';

const MAX_OFFSET = 10_000;

/** Query of GET /api/bots. */
export const ListBotsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional().describe('next_cursor of the page before'),
  status: BotStatus.optional(),
  mode: BotMode.optional(),
});
export type ListBotsQuery = z.infer<typeof ListBotsQuery>;

/** Query of GET /api/bots/:id/runs. */
export const ListBotRunsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  offset: z.coerce.number().int().min(0).max(MAX_OFFSET).default(0),
  status: RunStatus.optional(),
});
export type ListBotRunsQuery = z.infer<typeof ListBotRunsQuery>;

/** Query of GET /api/bots/:id/performance: days in the time zone of the bot's exchange or schedule, both included. */
export const BotPerformanceQuery = z
  .strictObject({ start_date: z.iso.date().optional(), end_date: z.iso.date().optional() })
  .refine(({ start_date, end_date }) => start_date === undefined || end_date === undefined || start_date <= end_date, {
    path: ['end_date'],
    message: 'must not be before start_date',
  });
export type BotPerformanceQuery = z.infer<typeof BotPerformanceQuery>;

/** A bot as its owner sees it. Amounts are in the account's currency. */
export const Bot = z.strictObject({
  id: z.guid(),
  name: z.string(),
  description: z.string().nullable(),
  strategy_type: z.string(),
  strategy_id: z.guid().nullable(),
  strategy_version: z.int().nullable(),
  parameters: z.record(z.string(), z.unknown()),
  mode: BotMode,
  symbols: z.array(z.string()),
  timeframe: Timeframe.nullable(),
  credential_id: z.guid().nullable(),
  initial_balance: z.number().nullable(),
  settings: z.record(z.string(), z.unknown()),
  schedule_exchange: z.string().nullable(),
  schedule_start_time: z.string().nullable(),
  schedule_end_time: z.string().nullable(),
  schedule_days: z.array(z.int()),
  schedule_timezone: z.string(),
  risk_per_trade: z.number().nullable(),
  daily_risk_cap: z.number().nullable(),
  max_order_value: z.number().nullable(),
  max_symbol_exposure: z.number().nullable(),
  max_open_positions: z.int().nullable(),
  max_daily_trades: z.int().nullable(),
  max_drawdown_pct: z.number().nullable(),
  offline_policy: OfflinePolicy,
  metadata: z.record(z.string(), z.unknown()),
  status: BotStatus,
  error_count: z.int(),
  last_error: z.string().nullable(),
  current_balance: z.number().nullable(),
  total_pnl: z.number(),
  last_heartbeat_at: z.string().nullable(),
  started_at: z.string().nullable(),
  last_run_at: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
});
export type Bot = z.infer<typeof Bot>;

const count = z.int().min(0);

/** What closed round trips have earned. What is undefined is null, and `undefined_metrics` says why. */
export const BotMetrics = z.strictObject({
  total_pnl: z.number().describe('Net of fees'),
  fees: z.number(),
  trade_count: count,
  winning_trades: count,
  losing_trades: count,
  flat_trades: count,
  gross_profit: z.number(),
  gross_loss: z.number().describe('Above 0'),
  win_rate_pct: z.number().nullable(),
  profit_factor: z.number().nullable().describe('gross_profit over gross_loss'),
  average_trade: z.number().nullable(),
  average_win: z.number().nullable(),
  average_loss: z.number().nullable().describe('Below 0'),
  largest_win: z.number().nullable(),
  largest_loss: z.number().nullable().describe('Below 0'),
  max_drawdown: z.number().describe('Deepest fall of closed profit from its highest, at least 0'),
  max_drawdown_pct: z.number().nullable().describe('Of the initial balance and the profit so far'),
  open_positions: count.describe('Now, whatever the range'),
  unrealized_pnl: z.number().describe('Of those'),
  undefined_metrics: z.record(z.string(), z.string()),
});
export type BotMetrics = z.infer<typeof BotMetrics>;

/** What `rpc('bot_performance')` and GET /api/bots/:id/performance answer. */
export const BotPerformance = z.strictObject({
  metrics: BotMetrics,
  daily_data: z
    .array(
      z.strictObject({
        date: z.string(),
        pnl: z.number(),
        trade_count: count,
        winning_trades: count,
        cumulative_pnl: z.number(),
      }),
    )
    .describe('Days on which something was closed, oldest first'),
  trade_outcomes: z.array(
    z.strictObject({
      outcome: z.enum(['win', 'loss', 'flat']),
      exit_reason: z.string(),
      trade_count: count,
      total_pnl: z.number(),
    }),
  ),
});
export type BotPerformance = z.infer<typeof BotPerformance>;

/** Answer of GET /api/bots/:id: with its latest 10 runs, and what it has earned in all. */
export const BotDetail = Bot.extend({ recent_runs: z.array(TradingRun), performance: BotMetrics });
export type BotDetail = z.infer<typeof BotDetail>;
