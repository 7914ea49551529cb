import { defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';
import { PastValues } from './windows/past-values.ts';
import { SlidingExtreme } from './windows/sliding-extreme.ts';

/** Middle of highest high and lowest low of so many bars. */
class MiddleOfRange {
  readonly #highest: SlidingExtreme;
  readonly #lowest: SlidingExtreme;

  constructor(period: number) {
    this.#highest = SlidingExtreme.highest(period);
    this.#lowest = SlidingExtreme.lowest(period);
  }

  next(high: number, low: number): number {
    return (this.#highest.next(high) + this.#lowest.next(low)) / 2;
  }
}

/**
 * Ichimoku cloud (Hosoda) without look-ahead: each value is what a chart shows at this bar, made of this bar and earlier ones.
 * The cloud (`senkou_a`, `senkou_b`) is plotted `displacement` bars ahead, so the one at this bar was made that long ago.
 * The chikou span, the close plotted `displacement` bars back, would need the future; `lagging_close` is the same comparison
 * as it can be made today: the close of `displacement` bars ago, which the chikou span of this bar lies on. All are NaN until
 * the last of them is known.
 */
export const ICHIMOKU = defineIndicator({
  name: 'ichimoku',
  description:
    'Ichimoku: conversion line, base line, the cloud as plotted at this bar, and the close it is compared with',
  inputs: [],
  candle_inputs: ['high', 'low', 'close'],
  params: [period('tenkan', 9), period('kijun', 26), period('senkou', 52), period('displacement', 26)],
  outputs: ['tenkan', 'kijun', 'senkou_a', 'senkou_b', 'lagging_close'],
  firstIndex: (tenkan: number, kijun: number, senkou: number, displacement: number) =>
    Math.max(tenkan, kijun, senkou) - 1 + displacement,

  begin(tenkan: number, kijun: number, senkou: number, displacement: number) {
    const conversion = new MiddleOfRange(tenkan);
    const base = new MiddleOfRange(kijun);
    const slow = new MiddleOfRange(senkou);
    const pastA = new PastValues(displacement);
    const pastB = new PastValues(displacement);
    const pastClose = new PastValues(displacement);
    return (bar, out) => {
      const [high, low] = [bar[0] as number, bar[1] as number];
      const conversionLine = conversion.next(high, low);
      const baseLine = base.next(high, low);
      out[0] = conversionLine;
      out[1] = baseLine;
      out[2] = pastA.push((conversionLine + baseLine) / 2);
      out[3] = pastB.push(slow.next(high, low));
      out[4] = pastClose.push(bar[2] as number);
    };
  },
});
