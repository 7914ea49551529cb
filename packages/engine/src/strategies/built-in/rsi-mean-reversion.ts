import { defineRuleStrategy } from '../define-rule-strategy.ts';
import type { StrategyDefinition } from '../strategy-definition.ts';

const level = (description: string, standard: number) =>
  ({ type: 'number', default: standard, min: 0, max: 100, step: 1, description }) as const;

/** Buys what has fallen far by its RSI, and sells once that is over. */
export const rsiMeanReversion: StrategyDefinition = defineRuleStrategy(
  {
    name: 'rsi-mean-reversion',
    description:
      'Buys when the RSI falls below a low level, and sells once it is back at a middle one; shorts the reverse if ' +
      'allowed. A trend filter keeps it from buying below a long average, and from shorting above it. Earns in markets ' +
      'that swing about a level or dip within a rise; in a crash it buys early, which the stop bounds. One entry a dip: ' +
      'after a stop the RSI must come back above the level and fall again.',
    parameters: {
      rsi_period: {
        type: 'integer',
        default: 14,
        min: 2,
        max: 200,
        step: 1,
        description: 'Length of the RSI, in bars',
      },
      oversold: level('Buys when the RSI falls below this', 30),
      overbought: level('Shorts when the RSI rises above this', 70),
      exit_level: level('Leaves once the RSI is back here', 50),
      allow_short: { type: 'boolean', default: false, description: 'Whether it goes short too' },
      use_trend_filter: { type: 'boolean', default: false, description: 'Whether it trades with the trend alone' },
      trend_period: {
        type: 'integer',
        default: 200,
        min: 2,
        max: 2000,
        step: 10,
        description: 'Length of the average of the trend filter, in bars',
      },
      stop_pct: {
        type: 'number',
        default: 5,
        min: 0.1,
        max: 100,
        step: 0.5,
        description: 'Distance of the stop, in percent of the entry price',
      },
    },
    requires: ['oversold < exit_level', 'exit_level < overbought'],
    indicators: {
      strength: 'rsi(close, rsi_period)',
      may_buy: 'not use_trend_filter or close > sma(close, trend_period)',
      may_short: 'not use_trend_filter or close < sma(close, trend_period)',
    },
    long: { entry: 'crosses_below(strength, oversold) and may_buy', exit: 'strength >= exit_level' },
    short: {
      entry: 'allow_short and crosses_above(strength, overbought) and may_short',
      exit: 'strength <= exit_level',
    },
    stop_loss: { percent: 'stop_pct' },
  },
  { title: 'RSI mean reversion' },
);
