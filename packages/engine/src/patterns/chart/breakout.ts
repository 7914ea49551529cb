import { defineIndicator } from '../../indicators/define-indicator.ts';
import { SlidingExtreme } from '../../indicators/windows/sliding-extreme.ts';

/** A close beyond the range of the bars before. */
export const breakout = defineIndicator({
  name: 'breakout',
  description:
    '100 where the close is above the highest high of the `period` bars before it by more than buffer_pct, -100 where it ' +
    'is below their lowest low by more, else 0.',
  inputs: [],
  candle_inputs: ['high', 'low', 'close'],
  params: [
    { name: 'period', type: 'period', default: 20, min: 1, max: 10_000 },
    { name: 'buffer_pct', type: 'number', default: 0, min: 0, max: 100 },
  ],
  outputs: ['value'],
  firstIndex: (period: number) => period,
  begin(period: number, bufferPct: number) {
    const highs = SlidingExtreme.highest(period);
    const lows = SlidingExtreme.lowest(period);
    let top = NaN;
    let bottom = NaN;
    return ([high = NaN, low = NaN, close = NaN], out) => {
      out[0] = close > top * (1 + bufferPct / 100) ? 100 : close < bottom * (1 - bufferPct / 100) ? -100 : 0;
      top = highs.next(high);
      bottom = lows.next(low);
    };
  },
});
