import { z } from 'zod';
import { BotMode, OfflinePolicy } from './bot.ts';
import { GivenSettings } from './request-costs.ts';
import { RequestSymbol } from './request-symbol.ts';
import { storableText } from './storable-text.ts';
import { ParameterValues, STRATEGY_NAME } from './strategy-parameter.ts';
import { Timeframe } from './timeframe.ts';

const amount = z.number().positive().max(1e12);
const time = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/, 'must be a time of the day, such as 09:30')
  .nullable();

const NAME = storableText(100)
  .min(1)
  .refine((text) => text === text.trim(), 'must not begin or end with white space');

/** What a bot trades and how: what its run is started with, so that it stays while the bot runs. */
const TRADING = {
  strategy_type: z
    .string()
    .max(50)
    .regex(STRATEGY_NAME, 'must be the name of a strategy, such as sma-cross')
    .optional()
    .describe('A built-in strategy by name'),
  strategy_id: z.guid().optional().describe('Or a strategy of the user'),
  strategy_version: z.int().min(1).optional().describe('Of strategy_id: which version; the latest by default'),
  parameters: ParameterValues.optional().describe('Values of its parameters in place of its own'),
  mode: BotMode.optional().describe('PAPER by default'),
  symbols: z
    .array(RequestSymbol)
    .min(1)
    .max(50)
    .refine((symbols) => new Set(symbols).size === symbols.length, 'must name each symbol once')
    .optional(),
  timeframe: Timeframe.nullable().optional(),
  credential_id: z.guid().nullable().optional().describe('Exchange credential: a LIVE bot has one'),
  initial_balance: amount.nullable().optional().describe('Of a PAPER bot'),
  settings: GivenSettings.optional().describe('Costs and fills of a PAPER bot, as those of a backtest'),
};

/** When it may trade, and what it may risk: goes to its runner while it runs. Null is no bound. */
const BOUNDS = {
  description: storableText(2000).nullable().optional(),
  schedule_exchange: z.string().max(20).nullable().optional().describe('NYSE, NASDAQ, LSE, XETRA, CME, FX or CRYPTO'),
  schedule_start_time: time.optional(),
  schedule_end_time: time.optional(),
  schedule_days: z
    .array(z.int().min(1).max(7))
    .min(1)
    .max(7)
    .refine((days) => new Set(days).size === days.length, 'must name each day once')
    .optional()
    .describe('1 for Monday to 7 for Sunday'),
  schedule_timezone: storableText(64).min(1).optional().describe('As IANA names it'),
  risk_per_trade: amount.nullable().optional(),
  daily_risk_cap: amount.nullable().optional(),
  max_order_value: amount.nullable().optional(),
  max_symbol_exposure: amount.nullable().optional(),
  max_open_positions: z.int().min(1).max(1000).nullable().optional(),
  max_daily_trades: z.int().min(1).max(100_000).nullable().optional(),
  max_drawdown_pct: z.number().positive().max(100).nullable().optional(),
  offline_policy: OfflinePolicy.optional(),
  metadata: z.record(z.string().max(100), z.json()).optional().describe('At most 16 KB'),
};

interface NamedStrategy {
  readonly strategy_type?: unknown;
  readonly strategy_id?: unknown;
  readonly strategy_version?: unknown;
}

function checkStrategy(
  { strategy_type, strategy_id, strategy_version }: NamedStrategy,
  context: z.RefinementCtx,
): void {
  if (strategy_type !== undefined && strategy_id !== undefined) {
    context.addIssue({ code: 'custom', path: ['strategy_type'], message: 'give either strategy_type or strategy_id' });
  }
  if (strategy_version !== undefined && strategy_id === undefined) {
    context.addIssue({ code: 'custom', path: ['strategy_version'], message: 'goes with strategy_id' });
  }
}

/** Body of POST /api/bots. */
export const CreateBotRequest = z
  .strictObject({ name: NAME, ...TRADING, ...BOUNDS, symbols: TRADING.symbols.unwrap() })
  .superRefine((request, context) => {
    checkStrategy(request, context);
    if (request.strategy_type === undefined && request.strategy_id === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['strategy_type'],
        message: 'give either strategy_type or strategy_id',
      });
    }
  });
export type CreateBotRequest = z.infer<typeof CreateBotRequest>;

/** Body of PUT /api/bots/:id: what is left out stays. */
export const UpdateBotRequest = z
  .strictObject({ name: NAME.optional(), ...TRADING, ...BOUNDS })
  .superRefine(checkStrategy)
  .refine((request) => Object.keys(request).length > 0, 'must name something to change');
export type UpdateBotRequest = z.infer<typeof UpdateBotRequest>;

/** Body of POST /api/bots/:id/start. */
export const StartBotRequest = z.strictObject({
  runner_session_id: z.guid().optional().describe('Which runner is to execute it; by default one that is connected'),
});
export type StartBotRequest = z.infer<typeof StartBotRequest>;

/** Body of POST /api/bots/:id/stop. */
export const StopBotRequest = z.strictObject({ reason: storableText(500).min(1).optional() });
export type StopBotRequest = z.infer<typeof StopBotRequest>;
