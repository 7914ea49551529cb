import { defineRuleStrategy } from '../define-rule-strategy.ts';
import type { StrategyDefinition } from '../strategy-definition.ts';

/** Buys below the lower Bollinger band, and sells back at the middle or the other band. */
export const bollingerMeanReversion: StrategyDefinition = defineRuleStrategy(
  {
    name: 'bollinger-mean-reversion',
    description:
      'Buys when the close falls below the lower Bollinger band, and sells at the middle band or the upper one; shorts the ' +
      'reverse if allowed. Stays out while the bands are far apart, if asked to: then a trend has begun. Earns in markets ' +
      'that swing about their average; loses where price walks along a band, which the stop bounds.',
    parameters: {
      period: { type: 'integer', default: 20, min: 2, max: 1000, step: 1, description: 'Length of the bands, in bars' },
      deviations: {
        type: 'number',
        default: 2,
        min: 0.1,
        max: 10,
        step: 0.1,
        description: 'Distance of the bands from the average, in standard deviations',
      },
      exit_at: {
        type: 'choice',
        default: 'middle',
        choices: ['middle', 'other_band'],
        description: 'Where it leaves: at the average, or at the band on the other side',
      },
      allow_short: { type: 'boolean', default: false, description: 'Whether it goes short too' },
      max_width_pct: {
        type: 'number',
        default: 0,
        min: 0,
        max: 200,
        step: 1,
        description: 'No entry where the bands are further apart, in percent of the average; 0 for no bound',
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
    indicators: {
      bands: 'bbands(close, period, deviations)',
      narrow: 'max_width_pct == 0 or 100 * (bands.upper - bands.lower) <= max_width_pct * bands.middle',
      long_target: "if(exit_at == 'middle', bands.middle, bands.upper)",
      short_target: "if(exit_at == 'middle', bands.middle, bands.lower)",
    },
    long: { entry: 'crosses_below(close, bands.lower) and narrow', exit: 'close >= long_target' },
    short: {
      entry: 'allow_short and crosses_above(close, bands.upper) and narrow',
      exit: 'close <= short_target',
    },
    stop_loss: { percent: 'stop_pct' },
  },
  { title: 'Bollinger mean reversion' },
);
