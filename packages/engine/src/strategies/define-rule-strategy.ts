import type { RuleStrategySpec } from '@tradebase/contracts';
import { compileRuleSpec } from './compile-rule-spec.ts';
import type { StrategyDefinition } from './strategy-definition.ts';

/**
 * A strategy of the engine that is written as rules. They are read when they are first needed: reading those of all
 * strategies would take a quarter of the time in which a function starts.
 */
export function defineRuleStrategy(spec: RuleStrategySpec, about: { readonly title: string }): StrategyDefinition {
  let compiled: StrategyDefinition | undefined;
  const definition = () => {
    compiled ??= compileRuleSpec(spec, about);
    return compiled;
  };
  return {
    name: spec.name,
    title: about.title,
    description: spec.description ?? '',
    parameters: spec.parameters ?? {},
    get needs() {
      return definition().needs;
    },
    build: (values) => definition().build(values),
  };
}
