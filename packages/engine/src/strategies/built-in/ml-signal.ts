import { defineRuleStrategy } from '../define-rule-strategy.ts';
import type { StrategyDefinition } from '../strategy-definition.ts';

const threshold = (description: string, standard: number) =>
  ({ type: 'number', default: standard, min: -1, max: 1, step: 0.01, description }) as const;

/** Trades the predictions of a model that are in the data. */
export const mlSignal: StrategyDefinition = defineRuleStrategy(
  {
    name: 'ml-signal',
    description:
      'Trades the column `prediction` that comes with the candles, such as a probability of a rise or an expected return: ' +
      'long above one threshold until below another, short the reverse if allowed. A bar without a prediction opens and ' +
      'closes nothing. As good as the model: a prediction must use nothing later than the close of its bar, neither for ' +
      'its inputs nor in training, which no check of the engine can see.',
    parameters: {
      long_entry: threshold('Buys where the prediction is at or above this', 0.6),
      long_exit: threshold('Sells where it is below this', 0.5),
      allow_short: { type: 'boolean', default: false, description: 'Whether it goes short too' },
      short_entry: threshold('Shorts where the prediction is at or below this', 0.4),
      short_exit: threshold('Buys back where it is above this', 0.5),
      max_bars: {
        type: 'integer',
        default: 1_000_000,
        min: 1,
        max: 1_000_000,
        step: 1,
        description: 'Leaves after so many bars, whatever the prediction',
      },
    },
    requires: ['long_exit <= long_entry', 'short_entry <= short_exit', 'short_entry < long_entry'],
    long: { entry: 'prediction >= long_entry', exit: 'prediction < long_exit' },
    short: { entry: 'allow_short and prediction <= short_entry', exit: 'prediction > short_exit' },
    time_exit: { bars: 'max_bars' },
  },
  { title: 'Predictions of a model' },
);
