import { defineIndicator } from './define-indicator.ts';
import { AverageDifference } from './macd.ts';
import { checkAscending, period } from './parameters.ts';
import { unlessRounding } from './unless-rounding.ts';

const FAST_AND_SLOW = {
  inputs: ['values'],
  candle_inputs: [],
  params: [period('fast', 12), period('slow', 26)],
  firstIndex: (_: number, slow: number) => slow - 1,
  check: (fast: number, slow: number) => checkAscending({ fast, slow }),
} as const;

/** Fast less slow average, 0 where it is within the rounding of the two: each carries about as many as it has bars. */
function differenceOf(averages: AverageDifference, value: number, rounding: number): number {
  return unlessRounding(averages.fast - averages.slow, Math.abs(value) * rounding);
}

/** Absolute price oscillator, as TA-Lib's APO with exponential averages: the MACD line from index `slow - 1` on. */
export const APO = defineIndicator({
  ...FAST_AND_SLOW,
  name: 'apo',
  description: 'Absolute price oscillator: fast less slow exponential average',
  outputs: ['apo'],

  begin(fast: number, slow: number) {
    const averages = new AverageDifference(fast, slow);
    const rounding = (fast + slow) * Number.EPSILON;
    return (bar, out) => {
      const value = bar[0] as number;
      averages.push(value);
      out[0] = differenceOf(averages, value, rounding);
    };
  },
});

/** Percentage price oscillator, as TA-Lib's PPO with exponential averages; 0 where the slow average is 0. */
export const PPO = defineIndicator({
  ...FAST_AND_SLOW,
  name: 'ppo',
  description: 'Percentage price oscillator: fast less slow exponential average, in percent of the slow one',
  outputs: ['ppo'],

  begin(fast: number, slow: number) {
    const averages = new AverageDifference(fast, slow);
    const rounding = (fast + slow) * Number.EPSILON;
    return (bar, out) => {
      const value = bar[0] as number;
      averages.push(value);
      out[0] = averages.slow === 0 ? 0 : (100 * differenceOf(averages, value, rounding)) / averages.slow;
    };
  },
});
