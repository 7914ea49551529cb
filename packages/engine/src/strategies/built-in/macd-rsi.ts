import { defineRuleStrategy } from '../define-rule-strategy.ts';
import type { StrategyDefinition } from '../strategy-definition.ts';

const period = (description: string, standard: number) =>
  ({ type: 'integer', default: standard, min: 1, max: 10_000, step: 1, description }) as const;
const level = (description: string, standard: number) =>
  ({ type: 'number', default: standard, min: 0, max: 100, description }) as const;

/** MACD with an RSI filter: the crossing of the MACD gives the signal, the RSI vetoes late entries. */
export const macdRsi: StrategyDefinition = defineRuleStrategy(
  {
    name: 'macd-rsi',
    description:
      'Buys when the MACD crosses above its signal line with room left in the RSI; sells on the opposite crossing, or when ' +
      'the RSI says that the rise has gone far. Follows trends with a brake; sells early in long ones.',
    parameters: {
      fast: period('Length of the fast EMA of the MACD, in bars', 12),
      slow: period('Length of the slow EMA of the MACD, in bars', 26),
      signal: period('Length of the signal EMA of the MACD, in bars', 9),
      rsi_period: period('Length of the RSI, in bars', 14),
      rsi_entry_max: level('No entry while the RSI is at or above this', 70),
      rsi_exit_min: level('Exit when the RSI reaches this', 80),
    },
    requires: ['fast < slow'],
    indicators: {
      histogram: 'macd(close, fast, slow, signal).histogram',
      strength: 'rsi(close, rsi_period)',
      over: 'strength >= rsi_exit_min',
    },
    long: {
      // Where entry and exit hold at once, there is no entry into what would be left at once.
      entry: 'crosses_above(histogram, 0) and strength < rsi_entry_max and not over',
      exit: 'crosses_below(histogram, 0) or over',
    },
  },
  { title: 'MACD with RSI' },
);
