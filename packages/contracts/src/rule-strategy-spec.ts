import { z } from 'zod';
import { storableText } from './storable-text.ts';
import { NumberOrExpression, StrategyExpression } from './strategy-expression.ts';
import { IDENTIFIER, ParameterValues, STRATEGY_NAME, StrategyParameters } from './strategy-parameter.ts';
import {
  EntryOrder,
  PriceDistance,
  ProfitTarget,
  StrategySession,
  StrategySizing,
  TrailingStop,
} from './trade-rules.ts';

export const MAX_STRATEGY_PARAMETERS = 50;
export const MAX_STRATEGY_INDICATORS = 100;
/** Most of a specification, as UTF-8 JSON and as the text of a document. */
export const MAX_STRATEGY_BYTES = 65_536;

const RuleSide = z.strictObject({
  entry: StrategyExpression.describe('Condition on which a position is opened'),
  exit: StrategyExpression.optional().describe('Condition on which it is closed; stops and targets alone without one'),
});

const Indicators = z
  .record(z.string().regex(IDENTIFIER), NumberOrExpression)
  .refine((indicators) => Object.keys(indicators).length <= MAX_STRATEGY_INDICATORS, {
    message: `must be at most ${MAX_STRATEGY_INDICATORS} indicators`,
  });

const Parameters = StrategyParameters.refine(
  (parameters) => Object.keys(parameters).length <= MAX_STRATEGY_PARAMETERS,
  { message: `must be at most ${MAX_STRATEGY_PARAMETERS} parameters` },
);

/**
 * A strategy written as rules: named columns, a condition for each side, and what is done on them. What a field leaves
 * out has the default that its description names.
 */
export const RuleStrategySpec = z
  .strictObject({
    name: z.string().max(100).regex(STRATEGY_NAME, 'must be lower-case words and digits with hyphens between'),
    description: storableText(5000).optional(),
    parameters: Parameters.optional().describe('What can be chosen and optimised, by name'),
    params: ParameterValues.optional().describe('Values chosen; those left out take their default'),
    requires: z
      .array(StrategyExpression)
      .max(20)
      .optional()
      .describe('Conditions on parameters that must hold, such as fast < slow'),
    indicators: Indicators.optional().describe(
      'Columns by name; they may use one another, in any order, not in a circle',
    ),
    long: RuleSide.optional(),
    short: RuleSide.optional(),
    sizing: StrategySizing.optional().describe('Default: 100 percent of equity'),
    entry_order: EntryOrder.optional().describe('Default: at market'),
    stop_loss: PriceDistance.optional(),
    take_profit: ProfitTarget.optional(),
    trailing_stop: TrailingStop.optional(),
    time_exit: z.strictObject({ bars: NumberOrExpression.describe('Closes a position of this age') }).optional(),
    session: StrategySession.optional().describe('When positions may be opened; always by default'),
    cooldown_bars: NumberOrExpression.optional().describe('Bars after an exit without an entry; default 0'),
    pyramiding: z
      .strictObject({ max_entries: NumberOrExpression.describe('Most entries of one position; default 1') })
      .optional(),
    daily_loss_cap_pct: NumberOrExpression.optional().describe('Loss of a day from which on nothing is opened'),
    max_positions: NumberOrExpression.optional().describe('Most positions at a time over all instruments; default 1'),
  })
  .refine(({ long, short }) => long !== undefined || short !== undefined, {
    message: 'must have long or short, with an entry',
  })
  .refine(
    ({ sizing, stop_loss }) => sizing?.method !== 'risk' || sizing.distance !== undefined || stop_loss !== undefined,
    {
      path: ['sizing'],
      message: 'risk sizing needs a distance: give sizing.distance or stop_loss',
    },
  )
  .refine(({ take_profit, stop_loss }) => !(take_profit && 'risk_multiple' in take_profit) || stop_loss !== undefined, {
    path: ['take_profit'],
    message: 'risk_multiple is a multiple of the distance of stop_loss: give stop_loss too',
  })
  .refine((spec) => new TextEncoder().encode(JSON.stringify(spec)).length <= MAX_STRATEGY_BYTES, {
    message: `must be at most ${MAX_STRATEGY_BYTES} bytes of JSON`,
  })
  .describe('A strategy written as rules in the expression language');
export type RuleStrategySpec = z.infer<typeof RuleStrategySpec>;
