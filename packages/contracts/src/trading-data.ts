import { z } from 'zod';
import { BotMode, RunStatus } from './bot.ts';
import { RequestSymbol } from './request-symbol.ts';
import { LogLevel } from './run-report.ts';

/** Rows that an offset may pass over. Further on, a cursor finds its place at once. */
const MAX_OFFSET = 10_000;

const PAGE = {
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional().describe('next_cursor of the page before'),
  offset: z.coerce.number().int().min(0).max(MAX_OFFSET).default(0).describe('Instead of a cursor'),
};

function onlyOne({ cursor, offset }: { cursor?: unknown; offset: number }): boolean {
  return cursor === undefined || offset === 0;
}
const ONLY_ONE = { message: 'give a cursor or an offset, not both', path: ['offset'] };

/** Query of GET /api/trading/runs. */
export const ListRunsQuery = z
  .strictObject({
    ...PAGE,
    status: RunStatus.optional(),
    bot_id: z.guid().optional(),
    mode: BotMode.optional(),
  })
  .refine(onlyOne, ONLY_ONE);
export type ListRunsQuery = z.infer<typeof ListRunsQuery>;

/** Query of GET /api/trading/positions. */
export const ListPositionsQuery = z
  .strictObject({
    ...PAGE,
    status: z.enum(['open', 'closed', 'expired']).optional(),
    symbol: RequestSymbol.optional(),
    bot_id: z.guid().optional(),
    run_id: z.guid().optional(),
  })
  .refine(onlyOne, ONLY_ONE);
export type ListPositionsQuery = z.infer<typeof ListPositionsQuery>;

/** Query of GET /api/trading/runs/:id/logs. */
export const ListRunLogsQuery = z
  .strictObject({
    limit: z.coerce.number().int().min(1).max(1000).default(100),
    cursor: z.coerce.number().int().min(0).optional().describe('next_cursor of the page before'),
    offset: PAGE.offset,
    level: z
      .string()
      .transform((text) => text.split(','))
      .pipe(z.array(LogLevel).min(1))
      .optional()
      .describe('One or several, separated by commas; all by default'),
    order: z.enum(['newest', 'oldest']).default('newest'),
  })
  .refine(onlyOne, ONLY_ONE);
export type ListRunLogsQuery = z.infer<typeof ListRunLogsQuery>;

export const TradingRun = z.strictObject({
  id: z.guid(),
  bot_id: z.guid(),
  mode: BotMode,
  status: RunStatus,
  started_at: z.string(),
  ended_at: z.string().nullable(),
  error: z.string().nullable(),
  total_pnl: z.number(),
  daily_pnl: z.number(),
  trade_count: z.int(),
  max_drawdown: z.number().nullable().describe("In the account's currency; null before the first trade"),
  last_bar_at: z.string().nullable(),
  created_at: z.string(),
});
export type TradingRun = z.infer<typeof TradingRun>;

export const TradingPosition = z.strictObject({
  id: z.guid(),
  run_id: z.guid(),
  bot_id: z.guid(),
  symbol: z.string(),
  direction: z.enum(['long', 'short']),
  strategy: z.string().nullable(),
  quantity: z.number(),
  open_quantity: z.number(),
  multiplier: z.number(),
  entry_price: z.number().nullable(),
  exit_price: z.number().nullable(),
  mark_price: z.number().nullable(),
  realized_pnl: z.number(),
  unrealized_pnl: z.number(),
  fees: z.number(),
  stop_loss: z.number().nullable(),
  take_profit: z.number().nullable(),
  option_details: z.record(z.string(), z.unknown()).nullable(),
  status: z.enum(['open', 'closed', 'expired']),
  exit_reason: z.string().nullable(),
  opened_at: z.string(),
  closed_at: z.string().nullable(),
  created_at: z.string(),
});
export type TradingPosition = z.infer<typeof TradingPosition>;

export const TradingOrder = z.strictObject({
  id: z.guid(),
  client_order_id: z.string(),
  broker_order_id: z.string().nullable(),
  symbol: z.string(),
  side: z.enum(['buy', 'sell']),
  type: z.string(),
  quantity: z.number(),
  filled_quantity: z.number(),
  average_price: z.number().nullable(),
  limit_price: z.number().nullable(),
  stop_price: z.number().nullable(),
  reduce_only: z.boolean(),
  status: z.string(),
  reason: z.string().nullable(),
  reject_reason: z.string().nullable(),
  created_at: z.string(),
  finished_at: z.string().nullable(),
});
export type TradingOrder = z.infer<typeof TradingOrder>;

export const TradingFill = z.strictObject({
  seq: z.int(),
  order_id: z.guid().nullable(),
  external_id: z.string().nullable(),
  symbol: z.string(),
  side: z.enum(['buy', 'sell']),
  quantity: z.number(),
  price: z.number(),
  fee: z.number(),
  fee_currency: z.string().nullable(),
  liquidity: z.enum(['maker', 'taker']).nullable(),
  executed_at: z.string(),
});
export type TradingFill = z.infer<typeof TradingFill>;

export const RunLogLine = z.strictObject({
  seq: z.int(),
  logged_at: z.string(),
  level: LogLevel,
  message: z.string(),
  data: z.record(z.string(), z.unknown()).nullable(),
});
export type RunLogLine = z.infer<typeof RunLogLine>;

/** A page, how many there are in all, and where the next page begins: null on the last. */
export interface CountedPage<Item, Cursor = string> {
  readonly items: readonly Item[];
  readonly total_count: number;
  readonly next_cursor: Cursor | null;
}

/** Answer of GET /api/trading/runs/:id: the run with its latest positions and log lines; the lists have the rest. */
export interface RunDetail {
  readonly run: TradingRun & { readonly config: Readonly<Record<string, unknown>> };
  readonly positions: readonly TradingPosition[];
  readonly logs: readonly RunLogLine[];
}

/** Answer of GET /api/trading/positions/:id. Related are the other positions of its run in the same symbol, newest first. */
export interface PositionDetail {
  readonly position: TradingPosition;
  readonly orders: readonly TradingOrder[];
  readonly fills: readonly TradingFill[];
  readonly related_positions: readonly TradingPosition[];
}
