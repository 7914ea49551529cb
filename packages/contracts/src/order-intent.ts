import { z } from 'zod';

export const OrderSide = z.enum(['buy', 'sell']);
export const LedgerOrderType = z.enum(['market', 'limit', 'stop', 'stop_limit', 'trailing_stop', 'take_profit']);
export const LedgerTimeInForce = z.enum(['day', 'gtc', 'gtd', 'ioc', 'fok', 'opg', 'cls']);

const price = z.number().positive().lt(1e15);
const units = z.number().positive().lt(1e18);

/** What an order says whichever way it comes: by an intent, or, one that only reduces, by a report. */
export const ORDER_TERMS = {
  client_order_id: z.string().min(1).max(100).describe('Unique within the bot: sending it again makes no second order'),
  symbol: z.string().regex(/^[A-Z0-9][A-Z0-9._:/-]{0,31}$/),
  side: OrderSide,
  type: LedgerOrderType,
  quantity: units,
  limit_price: price.optional(),
  stop_price: price.optional().describe('Of a stop order: what triggers it'),
  trail_amount: price.optional(),
  trail_pct: z.number().gt(0).lt(100).optional(),
  time_in_force: LedgerTimeInForce.default('gtc'),
  expires_at: z.iso.datetime({ offset: true }).optional().describe('Of a gtd order'),
  multiplier: z.number().positive().max(1e6).default(1),
  option_details: z.record(z.string(), z.json()).optional(),
  reason: z.string().max(100).optional(),
};

/**
 * An order that a runner wants to place. `rpc('submit_order_intents')` takes up to 100 of a run, and either reserves what
 * each may cost and lose against the caps of bot and account, or refuses it and says why; both are rows of `orders`.
 */
export const OrderIntent = z.strictObject({
  ...ORDER_TERMS,
  reference_price: price.describe('Latest price: what market orders are reckoned with'),
  stop_loss: price
    .optional()
    .describe('Where it would be left with a loss: the risk of an order without one is all of its value'),
  reduce_only: z.boolean().default(false),
  is_sized_at_fill: z.boolean().default(false).describe('Whether quantity is an estimate that the fill settles'),
  at: z.iso.datetime({ offset: true }).describe("The market's time: it says which day's caps count"),
});
export type OrderIntent = z.infer<typeof OrderIntent>;

/** Why the risk gate refused an order. */
export const GATE_REFUSALS = [
  'emergency_stop',
  'bot_not_running',
  'not_reconciled',
  'credential_disabled',
  'risk_per_trade_exceeded',
  'daily_risk_cap_exceeded',
  'max_order_value_exceeded',
  'max_symbol_exposure_exceeded',
  'max_open_positions_exceeded',
  'max_daily_trades_exceeded',
  'max_drawdown_exceeded',
  'account_exposure_exceeded',
  'account_symbol_exposure_exceeded',
  'account_order_value_exceeded',
  'account_daily_loss_exceeded',
  'account_open_orders_exceeded',
  'symbol_not_allowed',
  'nothing_to_reduce',
  'outside_schedule',
  'duplicate_client_order_id',
  'invalid_order',
] as const;
export const GateRefusal = z.enum(GATE_REFUSALS);
export type GateRefusal = z.infer<typeof GateRefusal>;

/** What the gate decided on one intent. Sent again, an intent gets the decision that it got. */
export const GateDecision = z.object({
  client_order_id: z.string(),
  order_id: z.guid().nullable().describe('Null where the intent was no order at all'),
  accepted: z.boolean(),
  code: GateRefusal.nullable(),
  message: z.string().nullable(),
});
export type GateDecision = z.infer<typeof GateDecision>;

export const MAX_INTENTS = 100;
