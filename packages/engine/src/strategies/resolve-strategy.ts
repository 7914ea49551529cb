import type { StrategySpec } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import { macdRsi } from './macd-rsi.ts';
import { smaCross } from './sma-cross.ts';
import type { Strategy } from './strategy.ts';

/**
 * The registry: the strategy that a specification names, with its parameters. A new strategy in the contracts does not
 * compile until it has its case here.
 *
 * @throws EngineError `unknown_strategy`, `invalid_params`
 */
export function resolveStrategy(spec: StrategySpec): Strategy {
  switch (spec.name) {
    case 'sma-cross':
      return smaCross(spec.params);
    case 'macd-rsi':
      return macdRsi(spec.params);
    default:
      return refuseUnknown(spec);
  }
}

/** Reached only by a caller that did not validate: to the compiler, no specification is left. */
function refuseUnknown(spec: never): never {
  const { name }: { name: unknown } = spec;
  throw new EngineError('unknown_strategy', `there is no strategy named ${JSON.stringify(name)}`);
}
