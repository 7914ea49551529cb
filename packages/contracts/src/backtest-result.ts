import { z } from 'zod';

/** Why a trade ended. */
export const ExitReason = z.enum([
  'signal',
  'stop_loss',
  'take_profit',
  'trailing_stop',
  'time_exit',
  'session_end',
  'liquidation',
  'expiry',
  'assignment',
  'other',
]);
export type ExitReason = z.infer<typeof ExitReason>;

/** One closed trade: a lot that one fill opened and another closed. What is optional is absent in metric version 1. */
export const BacktestTrade = z.strictObject({
  seq: z.int().min(1).describe('Number of the trade within the backtest, from 1'),
  symbol: z.string().optional().describe('The instrument'),
  side: z.enum(['long', 'short']),
  entry_bar: z.int().min(0).describe('Index of the bar in which the entry filled'),
  exit_bar: z.int().min(0).describe('Index of the bar in which the exit filled'),
  entry_at: z.string().describe('Open time of the entry bar, ISO 8601'),
  exit_at: z.string().describe('Open time of the exit bar, ISO 8601'),
  entry_price: z.number(),
  exit_price: z.number(),
  quantity: z.number().describe('Units bought and sold; fractional'),
  fee: z.number().describe('Fees of both sides, in the quote currency'),
  slippage: z.number().optional().describe('What slippage of both sides cost: already in the prices'),
  carry: z.number().optional().describe('Borrow cost and funding paid; below 0 received'),
  pnl: z.number().describe('Net profit, in the quote currency, after fees and carry'),
  return_pct: z.number().describe('Net profit over the value at entry, in percent'),
  exit_reason: ExitReason.optional(),
  mae_pct: z.number().nullable().optional().describe('Worst move against the trade while open, 0 or below'),
  mfe_pct: z.number().nullable().optional().describe('Best move for the trade while open, 0 or above'),
});
export type BacktestTrade = z.infer<typeof BacktestTrade>;
