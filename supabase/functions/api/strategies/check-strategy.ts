import type { StrategyIssue, StrategyParameters, StrategySpec } from '@tradebase/contracts';

/** What the engine says of a specification whose form is right. */
export type CheckedStrategy =
  | { readonly success: true; readonly parameters: StrategyParameters; readonly warmUpBars: number }
  | { readonly success: false; readonly issues: readonly StrategyIssue[] };

/**
 * Asks the engine whether a strategy can run: names, expressions, and values of parameters. That part of the engine is loaded
 * when it is first needed, because most requests do not need it, and would begin later for it.
 */
export async function checkStrategy(spec: StrategySpec): Promise<CheckedStrategy> {
  const { checkStrategySpec, resolveStrategy } = await import('@tradebase/engine/strategies');
  const issues = checkStrategySpec(spec);
  if (issues.length > 0) return { success: false, issues };
  const { definition, strategy } = resolveStrategy(spec);
  const warmUpBars = strategy.kind === 'rules' ? strategy.program.warm_up_bars : strategy.warm_up_bars;
  return { success: true, parameters: definition.parameters, warmUpBars };
}
