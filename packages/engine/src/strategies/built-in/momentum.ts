import { defineRuleStrategy } from '../define-rule-strategy.ts';
import type { StrategyDefinition } from '../strategy-definition.ts';

/** Time-series momentum: goes with what an instrument has done itself. */
export const momentum: StrategyDefinition = defineRuleStrategy(
  {
    name: 'momentum',
    description:
      'Long while the price has risen by more than so many percent over a window and is above its long average; short while ' +
      'it has fallen by as much and is below, if allowed. Leaves once the rise has faded or price is back at the average. ' +
      'Rides long trends, and gives back a part at each turn; in markets without trend it buys high and sells low.',
    parameters: {
      lookback: {
        type: 'integer',
        default: 60,
        min: 1,
        max: 2000,
        step: 5,
        description: 'Bars over which the change of price is measured',
      },
      entry_pct: {
        type: 'number',
        default: 5,
        min: 0,
        max: 200,
        step: 0.5,
        description: 'Enters where price has changed by more than this',
      },
      exit_pct: {
        type: 'number',
        default: 0,
        min: -100,
        max: 200,
        step: 0.5,
        description: 'Leaves where price has changed by less than this',
      },
      trend_period: {
        type: 'integer',
        default: 100,
        min: 1,
        max: 2000,
        step: 10,
        description: 'Length of the average that price must be beyond, in bars; 1 for no filter',
      },
      allow_short: { type: 'boolean', default: false, description: 'Whether it goes short too' },
    },
    requires: ['exit_pct <= entry_pct'],
    indicators: {
      change_pct: 'roc(close, lookback)',
      trend: 'sma(close, trend_period)',
    },
    long: {
      entry: 'change_pct > entry_pct and (trend_period == 1 or close > trend)',
      exit: 'change_pct < exit_pct or close < trend',
    },
    short: {
      entry: 'allow_short and change_pct < -entry_pct and (trend_period == 1 or close < trend)',
      exit: 'change_pct > -exit_pct or close > trend',
    },
  },
  { title: 'Momentum' },
);
