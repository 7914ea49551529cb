import { defineIndicator } from './define-indicator.ts';
import { checkAscending, period } from './parameters.ts';
import { PastValues } from './windows/past-values.ts';
import { SlidingSum } from './windows/sliding-sum.ts';

/**
 * Kaufman's adaptive moving average, as TA-Lib's KAMA (which has fast 2 and slow 30): its weight is the square of a mix of
 * the weights 2 / (fast + 1) and 2 / (slow + 1) by the efficiency ratio, |change over the window| / sum of |changes|,
 * which is 1 where the window is flat. It starts at index `period` from the value before.
 */
export const KAMA = defineIndicator({
  name: 'kama',
  description: "Kaufman's adaptive moving average: fast where the price goes straight, slow where it goes to and fro",
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 10), period('fast', 2), period('slow', 30)],
  outputs: ['kama'],
  firstIndex: (bars: number) => bars,
  check: (_: number, fast: number, slow: number) => checkAscending({ fast, slow }),

  begin(bars: number, fast: number, slow: number) {
    const past = new PastValues(bars);
    const path = new SlidingSum(bars);
    const slowWeight = 2 / (slow + 1);
    const weightRange = 2 / (fast + 1) - slowWeight;
    let before = NaN;
    let average = NaN;
    return (bar, out) => {
      const value = bar[0] as number;
      const distance = Math.abs(value - past.push(value));
      const length = path.next(Math.abs(value - before));
      if (Number.isNaN(length)) {
        average = value;
      } else {
        const efficiency = length === 0 ? 1 : Math.min(1, distance / length);
        const root = efficiency * weightRange + slowWeight;
        average += (value - average) * (root * root);
      }
      before = value;
      out[0] = average;
    };
  },
});
