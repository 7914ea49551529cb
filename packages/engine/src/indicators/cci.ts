import { defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';

/** What TA-Lib and Lambert scale the mean deviation with: about 70 % to 80 % of values are then within -100 and 100. */
const SCALE = 0.015;

/**
 * Commodity channel index (Lambert), as TA-Lib's CCI: distance of the typical price (high + low + close) / 3 from its mean
 * over the window, in 0.015 mean absolute deviations; 0 where the window is flat.
 *
 * Sums of the three prices are kept with their rounding error (TwoSum), and taken relative to the newest: the deviations
 * are good to their last bits whatever the level of the price. O(period) a bar, as the mean deviation asks for.
 */
export const CCI = defineIndicator({
  name: 'cci',
  description: 'Commodity channel index: distance of the typical price from its mean, in 0.015 mean deviations',
  inputs: [],
  candle_inputs: ['high', 'low', 'close'],
  params: [period('period', 20)],
  outputs: ['cci'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const sums = new Float64Array(bars);
    const errors = new Float64Array(bars);
    const distances = new Float64Array(bars);
    let place = 0;
    let seen = 0;
    return (bar, out) => {
      const [high, low, close] = [bar[0] as number, bar[1] as number, bar[2] as number];
      const two = high + low;
      const three = two + close;
      sums[place] = three;
      errors[place] = roundedAway(high, low, two) + roundedAway(two, close, three);
      const newest = place;
      place = place + 1 === bars ? 0 : place + 1;
      seen++;
      out[0] = seen < bars ? NaN : channelIndex(sums, errors, newest, distances);
    };
  },
});

/** `distances` is room for the work. */
function channelIndex(sums: Float64Array, errors: Float64Array, newest: number, distances: Float64Array): number {
  const [sum, error] = [sums[newest] as number, errors[newest] as number];
  let total = 0;
  for (let i = 0; i < sums.length; i++) {
    const distance = (sums[i] as number) - sum + ((errors[i] as number) - error);
    distances[i] = distance;
    total += distance;
  }
  const mean = total / sums.length;
  let deviations = 0;
  for (let i = 0; i < sums.length; i++) deviations += Math.abs((distances[i] as number) - mean);
  return deviations === 0 ? 0 : -mean / (SCALE * (deviations / sums.length));
}

/** a + b less what it was rounded to. */
function roundedAway(a: number, b: number, sum: number): number {
  const tail = sum - a;
  return a - (sum - tail) + (b - tail);
}
