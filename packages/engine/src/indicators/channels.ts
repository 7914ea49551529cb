import { RunningAtr } from './atr.ts';
import { defineIndicator } from './define-indicator.ts';
import { number, period } from './parameters.ts';
import { ExponentialAverage } from './windows/exponential-average.ts';
import { SlidingExtreme } from './windows/sliding-extreme.ts';

/**
 * Donchian channel: highest high and lowest low of the last `period` bars, this one included; a breakout of the channel of
 * the bars before is a comparison with its value one bar ago. The middle is TA-Lib's MIDPRICE.
 */
export const DONCHIAN = defineIndicator({
  name: 'donchian',
  description: 'Donchian channel: highest high, lowest low and their middle over period bars, this one included',
  inputs: [],
  candle_inputs: ['high', 'low'],
  params: [period('period', 20)],
  outputs: ['upper', 'middle', 'lower'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const highest = SlidingExtreme.highest(bars);
    const lowest = SlidingExtreme.lowest(bars);
    return (bar, out) => {
      const upper = highest.next(bar[0] as number);
      const lower = lowest.next(bar[1] as number);
      out[0] = upper;
      out[1] = (upper + lower) / 2;
      out[2] = lower;
    };
  },
});

/** Keltner channel (Raschke): EMA of the close, plus and minus so many average true ranges (Wilder). */
export const KELTNER = defineIndicator({
  name: 'keltner',
  description: 'Keltner channel: EMA of the close and so many average true ranges around it',
  inputs: [],
  candle_inputs: ['high', 'low', 'close'],
  params: [period('period', 20), period('atr_period', 10), number('multiplier', 2, 0, 100)],
  outputs: ['upper', 'middle', 'lower'],
  firstIndex: (bars: number, atrBars: number) => Math.max(bars - 1, atrBars),

  begin(bars: number, atrBars: number, multiplier: number) {
    const average = ExponentialAverage.ema(bars);
    const range = new RunningAtr(atrBars);
    return (bar, out) => {
      const close = bar[2] as number;
      const middle = average.next(close);
      const distance = multiplier * range.next(bar[0] as number, bar[1] as number, close);
      out[0] = middle + distance;
      out[1] = middle;
      out[2] = middle - distance;
    };
  },
});
