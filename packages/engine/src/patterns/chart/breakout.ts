import { defineIndicator } from '../../indicators/define-indicator.ts';

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
    const highs = new Float64Array(period);
    const lows = new Float64Array(period);
    let seen = 0;
    return ([high = NaN, low = NaN, close = NaN], out) => {
      if (seen >= period) {
        const top = highs.reduce((most, price) => Math.max(most, price), -Infinity) * (1 + bufferPct / 100);
        const bottom = lows.reduce((least, price) => Math.min(least, price), Infinity) * (1 - bufferPct / 100);
        out[0] = close > top ? 100 : close < bottom ? -100 : 0;
      }
      highs[seen % period] = high;
      lows[seen % period] = low;
      seen += 1;
    };
  },
});
