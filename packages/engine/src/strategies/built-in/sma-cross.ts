import { defineRuleStrategy } from '../define-rule-strategy.ts';
import type { StrategyDefinition } from '../strategy-definition.ts';

const period = (description: string, standard: number) =>
  ({ type: 'integer', default: standard, min: 1, max: 10_000, step: 1, description }) as const;

/** Buys when the fast average of closes crosses above the slow one, sells when it crosses below. */
export const smaCross: StrategyDefinition = defineRuleStrategy(
  {
    name: 'sma-cross',
    description:
      'Long while the fast average of closes is above the slow one. Follows trends; loses to false crossings in markets ' +
      'that go sideways.',
    parameters: {
      fast: period('Length of the fast average, in bars', 10),
      slow: period('Length of the slow average, in bars', 30),
    },
    requires: ['fast < slow'],
    indicators: { fast_average: 'sma(close, fast)', slow_average: 'sma(close, slow)' },
    long: {
      entry: 'crosses_above(fast_average, slow_average)',
      exit: 'crosses_below(fast_average, slow_average)',
    },
  },
  { title: 'Crossing averages' },
);
