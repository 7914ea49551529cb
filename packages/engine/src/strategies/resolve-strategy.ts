import { isRuleSpec, type ParameterValues, type StrategyIssue, type StrategySpec } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import { suggestName } from '../nearest-name.ts';
import { BUILT_IN_STRATEGIES } from './built-in/registry.generated.ts';
import { chooseValues } from './choose-values.ts';
import { checkRuleSpec, compileRuleSpec } from './compile-rule-spec.ts';
import type { Strategy, StrategyDefinition } from './strategy-definition.ts';

/** A specification made runnable. */
export interface ResolvedStrategy {
  readonly definition: StrategyDefinition;
  /** Values of all its parameters: those chosen, and defaults. */
  readonly values: ParameterValues;
  readonly strategy: Strategy;
}

/** Names of the built-in strategies. */
export const BUILT_IN_STRATEGY_NAMES: readonly string[] = BUILT_IN_STRATEGIES.map(({ name }) => name);

/**
 * The strategy that a specification names or describes, with its parameters chosen.
 *
 * @throws EngineError `unknown_strategy`; `invalid_params` with the name of the parameter that is unknown, of the wrong type
 * or out of bounds; `invalid_expression` with path, line and column
 */
export function resolveStrategy(spec: StrategySpec): ResolvedStrategy {
  const definition = isRuleSpec(spec) ? compileRuleSpec(spec) : builtInNamed(spec.name);
  const { values, issues } = chooseValues(definition.parameters, spec.params);
  const [issue] = issues;
  if (issue) throw new EngineError('invalid_params', `${issue.path}: ${issue.message}`, { path: issue.path });
  return { definition, values, strategy: definition.build(values) };
}

/** Everything that is wrong with a specification, with the values that it chooses; nothing where it can run. */
export function checkStrategySpec(spec: StrategySpec): StrategyIssue[] {
  if (isRuleSpec(spec)) return checkRuleSpec(spec);
  try {
    const definition = builtInNamed(spec.name);
    const { values, issues } = chooseValues(definition.parameters, spec.params);
    if (issues.length === 0) definition.build(values);
    return issues;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return [{ path: error.code === 'unknown_strategy' ? 'name' : 'params', message: error.message }];
  }
}

function builtInNamed(name: string): StrategyDefinition {
  const definition = BUILT_IN_STRATEGIES.find((known) => known.name === name);
  if (definition) return definition;
  const suggestion = suggestName(name, BUILT_IN_STRATEGY_NAMES);
  const known = `; there are ${BUILT_IN_STRATEGY_NAMES.join(', ')}`;
  throw new EngineError('unknown_strategy', `there is no strategy named '${name}'${suggestion || known}`);
}
