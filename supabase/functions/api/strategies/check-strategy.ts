import type { StrategyIssue, StrategyParameters, StrategySpec } from '@tradebase/contracts';
import { EngineError, resolveStrategy, strategyParameters } from '@tradebase/engine';

/** What the engine says of a specification whose form is right. */
export type CheckedStrategy =
  | { readonly success: true; readonly parameters: StrategyParameters; readonly warmUpBars: number }
  | { readonly success: false; readonly issues: readonly StrategyIssue[] };

/** Asks the engine whether a strategy can run: names, expressions, and values of parameters. */
export function checkStrategy(spec: StrategySpec): CheckedStrategy {
  try {
    const strategy = resolveStrategy(spec);
    return { success: true, parameters: strategyParameters(spec), warmUpBars: strategy.warm_up_bars };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return {
      success: false,
      issues: [{ path: error.code === 'unknown_strategy' ? 'name' : 'params', message: error.message }],
    };
  }
}
