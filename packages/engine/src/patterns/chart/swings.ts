import { defineIndicator } from '../../indicators/define-indicator.ts';
import { firstSwingIndex, SWING_PARAMETERS, SwingTracker } from './swing-tracker.ts';

/** The last swing high and low that are known, and how many bars ago they were; NaN before there is one. */
export const swings = defineIndicator({
  name: 'swings',
  description:
    'Last swing high and low: above (below) the `left` bars before it and not below (above) the `right` bars after it, ' +
    'known once those have closed. With their age in bars. NaN before the first.',
  inputs: [],
  candle_inputs: ['high', 'low'],
  params: SWING_PARAMETERS,
  outputs: ['high', 'low', 'high_age', 'low_age'],
  firstIndex: firstSwingIndex,
  begin(left: number, right: number) {
    const tracker = new SwingTracker(left, right);
    const last = { high: { price: NaN, bar: NaN }, low: { price: NaN, bar: NaN } };
    return ([high = NaN, low = NaN], out) => {
      for (const swing of tracker.update(high, low)) last[swing.kind] = swing;
      out.set([last.high.price, last.low.price, tracker.bar - last.high.bar, tracker.bar - last.low.bar]);
    };
  },
});
