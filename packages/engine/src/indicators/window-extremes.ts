import { defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';
import { SlidingExtreme } from './windows/sliding-extreme.ts';
import { SlidingSum } from './windows/sliding-sum.ts';

const ONE_WINDOW = {
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 20)],
  firstIndex: (bars: number) => bars - 1,
} as const;

/** Highest of the last `period` values, as TA-Lib's MAX. */
export const HIGHEST = defineIndicator({
  ...ONE_WINDOW,
  name: 'highest',
  description: 'Highest of the last period values, the newest included',
  outputs: ['highest'],

  begin(bars: number) {
    const highest = SlidingExtreme.highest(bars);
    return (bar, out) => {
      out[0] = highest.next(bar[0] as number);
    };
  },
});

/** Lowest of the last `period` values, as TA-Lib's MIN. */
export const LOWEST = defineIndicator({
  ...ONE_WINDOW,
  name: 'lowest',
  description: 'Lowest of the last period values, the newest included',
  outputs: ['lowest'],

  begin(bars: number) {
    const lowest = SlidingExtreme.lowest(bars);
    return (bar, out) => {
      out[0] = lowest.next(bar[0] as number);
    };
  },
});

/** Sum of the last `period` values, as TA-Lib's SUM. */
export const SUM = defineIndicator({
  ...ONE_WINDOW,
  name: 'sum',
  description: 'Sum of the last period values',
  outputs: ['sum'],

  begin(bars: number) {
    const sum = new SlidingSum(bars);
    return (bar, out) => {
      out[0] = sum.next(bar[0] as number);
    };
  },
});

/** Middle of the extremes of the last `period` values, as TA-Lib's MIDPOINT. */
export const MIDPOINT = defineIndicator({
  ...ONE_WINDOW,
  name: 'midpoint',
  description: 'Middle of the highest and the lowest of the last period values',
  outputs: ['midpoint'],

  begin(bars: number) {
    const highest = SlidingExtreme.highest(bars);
    const lowest = SlidingExtreme.lowest(bars);
    return (bar, out) => {
      const value = bar[0] as number;
      out[0] = (highest.next(value) + lowest.next(value)) / 2;
    };
  },
});
