import { z } from 'zod';
import { ORDER_TERMS } from './order-intent.ts';
import { storableText } from './storable-text.ts';

const at = z.iso.datetime({ offset: true });
const price = z.number().positive().lt(1e15);
const units = z.number().positive().lt(1e18);
const symbol = ORDER_TERMS.symbol;
const { client_order_id } = ORDER_TERMS;
const small = z.record(z.string(), z.json()).describe('At most 16 KB');

/** How bad it is. */
export const LogLevel = z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL']);
export type LogLevel = z.infer<typeof LogLevel>;

/**
 * One thing that a runner reports of a run. Items of a run are numbered from 1 without gaps, whatever their kind, and are
 * taken in that order, each once.
 */
export const ReportItem = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('order'),
      client_order_id,
      status: z.enum(['submitted', 'accepted', 'pending_cancel', 'cancelled', 'rejected', 'expired']),
      at,
      broker_order_id: z.string().min(1).max(200).optional(),
      reject_reason: storableText(2000).optional(),
      quantity: units
        .optional()
        .describe('Settles that of an order that is sized at its fill; sizes one anew that only reduces'),
      terms: z
        .strictObject(ORDER_TERMS)
        .omit({ client_order_id: true })
        .optional()
        .describe('Makes the order if there is none yet: one that only reduces, as stop and target of a bracket do'),
    })
    .describe('What the broker says of an order'),
  z
    .strictObject({
      kind: z.literal('fill'),
      client_order_id: client_order_id
        .optional()
        .describe('Absent for what comes without an order: assignment, expiry, liquidation'),
      external_id: z.string().min(1).max(200).describe('Name of the execution, unique in the run: taken once'),
      symbol,
      side: ORDER_TERMS.side,
      quantity: units,
      price: z.number().min(0).lt(1e15).describe('0 for an option that expires worthless'),
      fee: z.number().gt(-1e15).lt(1e15).default(0),
      fee_currency: z
        .string()
        .regex(/^[A-Z0-9]{2,12}$/)
        .optional(),
      liquidity: z.enum(['maker', 'taker']).optional(),
      multiplier: ORDER_TERMS.multiplier,
      option_details: small.optional(),
      reason: z.string().max(100).optional(),
      at,
    })
    .describe('An execution; positions and trades follow from these'),
  z
    .strictObject({
      kind: z.literal('mark'),
      symbol,
      price: z.number().min(0).lt(1e15),
      at,
      stop_loss: price.nullable().optional(),
      take_profit: price.nullable().optional(),
      market_context: small.optional(),
    })
    .describe('The price of what is held, and its stop and target where they changed'),
  z.strictObject({ kind: z.literal('balance'), balance: z.number().gt(-1e15).lt(1e15), at }),
  z.strictObject({ kind: z.literal('bar'), at }).describe('Close of a bar that the strategy has seen'),
  z.strictObject({
    kind: z.literal('log'),
    level: LogLevel,
    message: storableText(4000).min(1),
    data: small.optional(),
    at,
  }),
  z.strictObject({
    kind: z.literal('signal'),
    symbol,
    type: z.enum(['BUY', 'SELL', 'HOLD']),
    timeframe: z.string().optional(),
    strength: z.number().min(0).max(1).optional(),
    price: price.optional(),
    reasons: z.array(z.json()).max(100).optional(),
    indicators: small.optional(),
    client_order_id: client_order_id.optional().describe('The order that came of it'),
    at,
  }),
  z
    .strictObject({
      kind: z.literal('event'),
      type: z.string().regex(/^[a-z][a-z_]{0,62}$/),
      severity: LogLevel.default('INFO'),
      message: storableText(4000).min(1),
      metadata: small.optional(),
      at,
    })
    .describe('What happened to the bot beside its trading: a row of bot_events'),
  z
    .strictObject({
      kind: z.literal('error'),
      code: z.string().regex(/^[a-z][a-z_]{0,62}$/),
      message: storableText(4000).min(1),
      is_fatal: z.boolean().describe('Whether the bot cannot go on'),
      at,
    })
    .describe('Counted with the bot, and logged; a fatal one puts the bot into the status error'),
  z
    .strictObject({
      kind: z.literal('run_ended'),
      status: z.enum(['completed', 'stopped', 'error']),
      error: storableText(4000).optional(),
      at,
    })
    .describe('Nothing is open any more, and the run is over; the bot is given back'),
]);
export type ReportItem = z.infer<typeof ReportItem>;

export const MAX_REPORT_ITEMS = 500;
/** Of the JSON text of all items of one report. */
export const MAX_REPORT_BYTES = 262_144;

/** What `rpc('report_run', { p_run_id, p_fencing_token, p_first_seq, p_items })` answers. */
export const ReportReceipt = z.object({
  last_seq: z.int().min(0).describe('Last item that the database has'),
  missing_from: z
    .int()
    .min(1)
    .nullable()
    .describe('Set when items before these never arrived: nothing was taken, send again from this one on'),
  rejected: z
    .array(z.object({ seq: z.int().min(1), code: z.string(), message: z.string() }))
    .describe('Items that were refused for good and are passed over; those beside them were taken'),
});
export type ReportReceipt = z.infer<typeof ReportReceipt>;
