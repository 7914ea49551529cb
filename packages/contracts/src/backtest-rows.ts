import { z } from 'zod';

/** A trade of a backtest as it is stored. What trades from before there were several instruments lack is null. */
export const StoredTrade = z.strictObject({
  seq: z.int().min(1),
  symbol: z.string().nullable(),
  side: z.enum(['long', 'short']),
  entry_bar: z.int(),
  exit_bar: z.int(),
  entry_at: z.string(),
  exit_at: z.string(),
  entry_price: z.number(),
  exit_price: z.number(),
  quantity: z.number(),
  fee: z.number(),
  slippage: z.number().nullable(),
  carry: z.number().nullable(),
  pnl: z.number(),
  return_pct: z.number(),
  mae_pct: z.number().nullable().describe('Furthest that price went against it, in percent of the entry'),
  mfe_pct: z.number().nullable().describe('Furthest that price went for it, in percent of the entry'),
  exit_reason: z.string().nullable(),
});
export type StoredTrade = z.infer<typeof StoredTrade>;

/** An order of a backtest and what became of it, as it is stored. */
export const StoredOrder = z.strictObject({
  seq: z.int().min(1),
  symbol: z.string(),
  side: z.enum(['buy', 'sell']),
  order_type: z.string(),
  quantity: z.number(),
  limit_price: z.number().nullable(),
  stop_price: z.number().nullable(),
  reason: z.string().nullable(),
  placed_bar: z.int(),
  placed_at: z.string(),
  outcome: z.enum(['working', 'filled', 'cancelled', 'expired', 'rejected']),
  reject_reason: z.string().nullable(),
  filled_quantity: z.number(),
  average_price: z.number().nullable(),
  fee: z.number(),
  slippage: z.number(),
  last_fill_at: z.string().nullable(),
});
export type StoredOrder = z.infer<typeof StoredOrder>;

/** Query of lists that are numbered from 1: trades and orders of a backtest, trials of a study. */
export const NumberedListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  cursor: z.coerce.number().int().min(0).default(0).describe('next_cursor of the page before'),
});
export type NumberedListQuery = z.infer<typeof NumberedListQuery>;

/** Answer of GET /api/backtests/:id/trades: in order. `next_cursor` is null on the last page. */
export const StoredTradePage = z.strictObject({ items: z.array(StoredTrade), next_cursor: z.int().nullable() });
export type StoredTradePage = z.infer<typeof StoredTradePage>;

/** Answer of GET /api/backtests/:id/orders: in order. `next_cursor` is null on the last page. */
export const StoredOrderPage = z.strictObject({ items: z.array(StoredOrder), next_cursor: z.int().nullable() });
export type StoredOrderPage = z.infer<typeof StoredOrderPage>;
