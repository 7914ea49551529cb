import type { StrategySpec } from '@tradebase/contracts';
import { resolveStrategy } from '@tradebase/engine';

/**
 * Bars before the first signal of a strategy.
 *
 * @throws EngineError as `resolveStrategy`
 */
export function warmUpBarsOf(spec: StrategySpec): number {
  const { strategy } = resolveStrategy(spec);
  return strategy.kind === 'rules' ? strategy.program.warm_up_bars : strategy.warm_up_bars;
}
