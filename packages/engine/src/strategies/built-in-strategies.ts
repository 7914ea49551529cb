import type { StrategyParameter, StrategyParameters, StrategySpec } from '@tradebase/contracts';
import { isRuleSpec } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import type { StrategyDefinition } from './strategy-definition.ts';

const period = (value: number, description: string): StrategyParameter => ({
  type: 'integer',
  default: value,
  min: 1,
  max: 10_000,
  step: 1,
  description,
});
const level = (value: number, description: string): StrategyParameter => ({
  type: 'number',
  default: value,
  min: 0,
  max: 100,
  description,
});

/** What there is to say of the built-in strategies. */
export const BUILT_IN_STRATEGIES: readonly Omit<StrategyDefinition, 'build'>[] = [
  {
    name: 'sma-cross',
    title: 'SMA crossover',
    description: 'Buys when the fast average of closes crosses above the slow one, sells when it crosses below.',
    parameters: {
      fast: period(10, 'Length of the fast average, in bars'),
      slow: period(30, 'Length of the slow average, in bars'),
    },
  },
  {
    name: 'macd-rsi',
    title: 'MACD with an RSI filter',
    description:
      'Buys when the MACD crosses above its signal line with room left in the RSI; sells on the opposite cross.',
    parameters: {
      fast: period(12, 'Length of the fast EMA of the MACD, in bars'),
      slow: period(26, 'Length of the slow EMA of the MACD, in bars'),
      signal: period(9, 'Length of the signal EMA of the MACD, in bars'),
      rsi_period: period(14, 'Length of the RSI, in bars'),
      rsi_entry_max: level(70, 'No entry while the RSI is at or above this'),
      rsi_exit_min: level(80, 'Exit when the RSI reaches this'),
    },
  },
];

/**
 * What can be chosen of a strategy, and optimised.
 *
 * @throws EngineError `unknown_strategy`
 */
export function strategyParameters(spec: StrategySpec): StrategyParameters {
  if (isRuleSpec(spec)) return spec.parameters ?? {};
  const definition = BUILT_IN_STRATEGIES.find(({ name }) => name === spec.name);
  if (!definition) {
    throw new EngineError('unknown_strategy', `there is no strategy named ${JSON.stringify(spec.name)}`);
  }
  return definition.parameters;
}
