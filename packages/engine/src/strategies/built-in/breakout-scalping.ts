import { defineRuleStrategy } from '../define-rule-strategy.ts';
import type { StrategyDefinition } from '../strategy-definition.ts';

const period = (description: string, standard: number) =>
  ({ type: 'integer', default: standard, min: 1, max: 1000, step: 1, description }) as const;

/** Breakouts on volume, held for a few bars. */
export const breakoutScalping: StrategyDefinition = defineRuleStrategy(
  {
    name: 'breakout-scalping',
    description:
      'Enters when a bar closes beyond the highest high (short: below the lowest low) of the bars before it, on more ' +
      'volume than usual, in a market that moves enough to pay its costs. Leaves at a stop in average true ranges, at a ' +
      'target in multiples of that risk, or after so many bars. Catches moves that begin fast; loses many small stops to ' +
      'false breakouts in quiet markets, and to costs: try it with real fees and slippage.',
    parameters: {
      direction: {
        type: 'choice',
        default: 'both',
        choices: ['both', 'long', 'short'],
        description: 'Sides that may be opened',
      },
      lookback: period('Bars whose extreme the close must pass', 20),
      volume_factor: {
        type: 'number',
        default: 1.5,
        min: 0,
        max: 10,
        step: 0.1,
        description: 'Least volume, as a multiple of the mean of the bars before; 0 for any',
      },
      volume_period: period('Bars of the mean volume', 20),
      min_atr_pct: {
        type: 'number',
        default: 0.1,
        min: 0,
        max: 20,
        step: 0.05,
        description: 'Least average true range, in percent of the close; 0 for any',
      },
      atr_period: period('Length of the average true range, in bars', 14),
      stop_atr: {
        type: 'number',
        default: 1.5,
        min: 0.1,
        max: 20,
        step: 0.1,
        description: 'Distance of the stop, in average true ranges',
      },
      risk_multiple: {
        type: 'number',
        default: 2,
        min: 0.1,
        max: 20,
        step: 0.1,
        description: 'Distance of the target, in distances of the stop',
      },
      max_bars: period('Leaves after so many bars', 12),
      risk_pct: {
        type: 'number',
        default: 1,
        min: 0.05,
        max: 20,
        step: 0.05,
        description: 'Of equity, lost at the stop; a position is at most all of equity',
      },
    },
    indicators: {
      range: 'atr(atr_period)',
      lively: 'volume >= volume_factor * sma(volume, volume_period)[1] and 100 * range / close >= min_atr_pct',
    },
    long: { entry: "direction != 'short' and lively and close > highest(high, lookback)[1]" },
    short: { entry: "direction != 'long' and lively and close < lowest(low, lookback)[1]" },
    sizing: { method: 'risk', risk_pct: 'risk_pct' },
    stop_loss: { distance: 'stop_atr * range' },
    take_profit: { risk_multiple: 'risk_multiple' },
    time_exit: { bars: 'max_bars' },
  },
  { title: 'Breakout scalping' },
);
