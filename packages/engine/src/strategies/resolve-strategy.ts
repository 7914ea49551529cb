import type { ParameterValues, StrategySpec } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import { macdRsi } from './macd-rsi.ts';
import { smaCross } from './sma-cross.ts';
import type { Strategy } from './strategy.ts';

/** Names of the built-in strategies. */
export const BUILT_IN_STRATEGY_NAMES = ['sma-cross', 'macd-rsi'] as const;

/**
 * The registry: the strategy that a specification names, with its parameters.
 *
 * @throws EngineError `unknown_strategy`, `invalid_params`
 */
export function resolveStrategy(spec: StrategySpec): Strategy {
  switch (spec.name) {
    case 'sma-cross':
      return smaCross(chooseValues({ fast: 10, slow: 30 }, spec.params));
    case 'macd-rsi':
      return macdRsi(
        chooseValues(
          { fast: 12, slow: 26, signal: 9, rsi_period: 14, rsi_entry_max: 70, rsi_exit_min: 80 },
          spec.params,
        ),
      );
    default:
      throw new EngineError('unknown_strategy', `there is no strategy named ${JSON.stringify(spec.name)}`);
  }
}

function chooseValues<Defaults extends Record<string, number>>(
  defaults: Defaults,
  values: ParameterValues = {},
): Defaults {
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(defaults, name)) {
      throw new EngineError(
        'invalid_params',
        `there is no parameter ${name}; there are ${Object.keys(defaults).join(', ')}`,
      );
    }
    if (typeof value !== 'number') throw new EngineError('invalid_params', `${name} is ${value}; it must be a number`);
  }
  return { ...defaults, ...values };
}
