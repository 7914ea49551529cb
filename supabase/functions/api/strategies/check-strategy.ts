import type { StrategyIssue, StrategyParameters, StrategySpec } from '@tradebase/contracts';
import { checkStrategySpec, resolveStrategy } from '@tradebase/engine';

/** What the engine says of a specification whose form is right. */
export type CheckedStrategy =
  | { readonly success: true; readonly parameters: StrategyParameters; readonly warmUpBars: number }
  | { readonly success: false; readonly issues: readonly StrategyIssue[] };

/** Asks the engine whether a strategy can run: names, expressions, and values of parameters. */
export function checkStrategy(spec: StrategySpec): CheckedStrategy {
  const issues = checkStrategySpec(spec);
  if (issues.length > 0) return { success: false, issues };
  const { definition, strategy } = resolveStrategy(spec);
  const warmUpBars = strategy.kind === 'rules' ? strategy.program.warm_up_bars : strategy.warm_up_bars;
  return { success: true, parameters: definition.parameters, warmUpBars };
}
