import { defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';
import { SlidingExtreme } from './windows/sliding-extreme.ts';

/**
 * Aroon (Chande), as TA-Lib's AROON and AROONOSC: how lately the highest high (lowest low) of this bar and the `period`
 * before was, 100 for this bar, 0 for the oldest; of equal extremes the newest counts.
 */
export const AROON = defineIndicator({
  name: 'aroon',
  description:
    'Aroon: how lately the highest high and the lowest low of period bars were, 0 to 100, and the difference',
  inputs: [],
  candle_inputs: ['high', 'low'],
  params: [period('period', 14)],
  outputs: ['up', 'down', 'oscillator'],
  firstIndex: (bars: number) => bars,

  begin(bars: number) {
    const highest = SlidingExtreme.highest(bars + 1);
    const lowest = SlidingExtreme.lowest(bars + 1);
    return (bar, out) => {
      highest.next(bar[0] as number);
      lowest.next(bar[1] as number);
      out[0] = (100 * (bars - highest.age)) / bars;
      out[1] = (100 * (bars - lowest.age)) / bars;
      out[2] = (100 * (lowest.age - highest.age)) / bars;
    };
  },
});
