import { streamIndicator } from './stream-indicator.ts';
import { firstSwingIndex, SWING_PARAMETERS, SwingTracker } from './swing-tracker.ts';

/** The last swing high and low that are known, and how many bars ago they were; NaN before there is one. */
export const swings = streamIndicator({
  name: 'swings',
  description:
    'Last swing high and low: above (below) the `left` bars before it and not below (above) the `right` bars after it, ' +
    'known once those have closed. With their age in bars. NaN before the first.',
  inputs: [],
  candle_inputs: ['high', 'low'],
  params: SWING_PARAMETERS,
  outputs: ['high', 'low', 'high_age', 'low_age'],
  firstIndex: firstSwingIndex,
  stream([left = 5, right = 5]) {
    const tracker = new SwingTracker(left, right);
    const last = { high: { price: NaN, bar: NaN }, low: { price: NaN, bar: NaN } };
    return {
      update([high = NaN, low = NaN]) {
        for (const swing of tracker.update(high, low)) last[swing.kind] = swing;
        return [last.high.price, last.low.price, tracker.bar - last.high.bar, tracker.bar - last.low.bar];
      },
    };
  },
});
