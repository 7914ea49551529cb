import { defineIndicator } from './define-indicator.ts';
import { checkAscending, period } from './parameters.ts';
import { unlessRounding } from './unless-rounding.ts';
import { SimpleAverage } from './windows/simple-average.ts';

/** (high + low + close) / 3, as TA-Lib's TYPPRICE. */
export const TYPICAL_PRICE = defineIndicator({
  name: 'typical_price',
  description: 'Typical price: (high + low + close) / 3',
  inputs: [],
  candle_inputs: ['high', 'low', 'close'],
  params: [],
  outputs: ['typical_price'],
  firstIndex: () => 0,

  begin: () => (bar, out) => {
    out[0] = ((bar[0] as number) + (bar[1] as number) + (bar[2] as number)) / 3;
  },
});

/** (high + low) / 2, as TA-Lib's MEDPRICE. */
export const MEDIAN_PRICE = defineIndicator({
  name: 'median_price',
  description: 'Median price: (high + low) / 2',
  inputs: [],
  candle_inputs: ['high', 'low'],
  params: [],
  outputs: ['median_price'],
  firstIndex: () => 0,

  begin: () => (bar, out) => {
    out[0] = ((bar[0] as number) + (bar[1] as number)) / 2;
  },
});

/**
 * Largest difference that rounding alone makes between two means from `SlidingMean`, as a share of the price: half a unit in
 * the last place for each price, sum and division, on both sides, and one in reserve.
 */
const ROUNDING = 4 * Number.EPSILON;

/** Awesome oscillator (Bill Williams): fast less slow simple average of the median price, 0 where that is their rounding. */
export const AWESOME_OSCILLATOR = defineIndicator({
  name: 'awesome_oscillator',
  description: 'Awesome oscillator: fast less slow simple average of (high + low) / 2',
  inputs: [],
  candle_inputs: ['high', 'low'],
  params: [period('fast', 5), period('slow', 34)],
  outputs: ['awesome_oscillator'],
  firstIndex: (_: number, slow: number) => slow - 1,
  check: (fast: number, slow: number) => checkAscending({ fast, slow }),

  begin(fast: number, slow: number) {
    const fastAverage = new SimpleAverage(fast);
    const slowAverage = new SimpleAverage(slow);
    return (bar, out) => {
      const median = ((bar[0] as number) + (bar[1] as number)) / 2;
      const difference = fastAverage.next(median) - slowAverage.next(median);
      out[0] = unlessRounding(difference, Math.abs(median) * ROUNDING);
    };
  },
});
