import { z } from 'zod';
import { RuleStrategySpec } from './rule-strategy-spec.ts';
import { ParameterValues, STRATEGY_NAME } from './strategy-parameter.ts';

/** A strategy that the engine has, by name. Which there are, and what values make sense, is for the engine to say. */
export const BuiltInStrategySpec = z
  .strictObject({
    name: z.string().max(100).regex(STRATEGY_NAME, 'must be the name of a strategy, such as sma-cross'),
    params: ParameterValues.default({}).describe('Values of its parameters; those left out take their default'),
  })
  .describe('A built-in strategy with values of its parameters');
export type BuiltInStrategySpec = z.infer<typeof BuiltInStrategySpec>;

/** A strategy as a caller writes it: defaults may be left out. */
export type StrategySpecInput = z.input<typeof BuiltInStrategySpec> | z.input<typeof RuleStrategySpec>;
export type StrategySpec = BuiltInStrategySpec | RuleStrategySpec;

/** Whether a specification, or what is meant as one, is written as rules: all but a name and params makes it so. */
export function isRuleSpec(spec: StrategySpec): spec is RuleStrategySpec {
  return hasRules(spec);
}

function hasRules(value: object): boolean {
  return 'long' in value || 'short' in value || 'indicators' in value || 'parameters' in value;
}

/**
 * What a backtest runs: a built-in strategy by name, or rules. Parsed as the form that it is meant as, so that a mistake
 * in rules is reported as that mistake, and not as "neither".
 */
export const StrategySpec: z.ZodType<StrategySpec, StrategySpecInput> = z
  .custom<StrategySpecInput>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
    message: 'must be a strategy: an object with a name, and params or rules',
  })
  .transform((value, context): StrategySpec => {
    const parsed = hasRules(value) ? RuleStrategySpec.safeParse(value) : BuiltInStrategySpec.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const { path, message } of parsed.error.issues) context.addIssue({ code: 'custom', path, message });
    return z.NEVER;
  });
