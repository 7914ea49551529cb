import { defineIndicator } from './define-indicator.ts';
import { checkAscending, period } from './parameters.ts';
import { SlidingSum } from './windows/sliding-sum.ts';

/** Buying pressure over true range of so many bars; 0 where no bar had a range. */
class PressureShare {
  readonly #pressure: SlidingSum;
  readonly #range: SlidingSum;

  constructor(period: number) {
    this.#pressure = new SlidingSum(period);
    this.#range = new SlidingSum(period);
  }

  next(pressure: number, range: number): number {
    const total = this.#range.next(range);
    const share = this.#pressure.next(pressure) / total;
    return total === 0 ? 0 : share;
  }
}

/**
 * Ultimate oscillator (Williams), 0 to 100, as TA-Lib's ULTOSC: buying pressure (close - min(low, close before)) over true
 * range of three windows, weighted 4, 2 and 1. The periods must ascend; TA-Lib sorts them.
 */
export const ULTIMATE_OSCILLATOR = defineIndicator({
  name: 'ultimate_oscillator',
  description: 'Ultimate oscillator, 0 to 100: buying pressure over true range of three windows, weighted 4, 2, 1',
  inputs: [],
  candle_inputs: ['high', 'low', 'close'],
  params: [period('short', 7), period('medium', 14), period('long', 28)],
  outputs: ['ultimate_oscillator'],
  firstIndex: (_short: number, _medium: number, long: number) => long,
  check: (short: number, medium: number, long: number) => checkAscending({ short, medium, long }),

  begin(shortBars: number, mediumBars: number, longBars: number) {
    const short = new PressureShare(shortBars);
    const medium = new PressureShare(mediumBars);
    const long = new PressureShare(longBars);
    let before = NaN;
    return (bar, out) => {
      const [high, low, close] = [bar[0] as number, bar[1] as number, bar[2] as number];
      const bottom = Math.min(low, before);
      const pressure = close - bottom;
      const range = Math.max(high, before) - bottom;
      before = close;
      const weighted = 4 * short.next(pressure, range) + 2 * medium.next(pressure, range) + long.next(pressure, range);
      out[0] = (100 * weighted) / 7;
    };
  },
});
