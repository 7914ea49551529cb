import { defineIndicator } from './define-indicator.ts';
import { number, period } from './parameters.ts';
import { dayOf, UTC_OFFSET_MINUTES } from './trading-day.ts';
import { CompensatedSum } from './windows/compensated-sum.ts';
import { SlidingSum } from './windows/sliding-sum.ts';

/** Mean price by volume since a beginning; sums are of distances from the first price, so that they stay small. */
class VolumeWeightedMean {
  readonly #origin: number;
  readonly #distances = new CompensatedSum();
  readonly #volumes = new CompensatedSum();

  constructor(origin: number) {
    this.#origin = origin;
  }

  /** NaN as long as nothing has been traded. */
  next(price: number, volume: number): number {
    this.#distances.add((price - this.#origin) * volume);
    this.#volumes.add(volume);
    const total = this.#volumes.value;
    return total === 0 ? NaN : this.#origin + this.#distances.value / total;
  }
}

function typicalPrice(high: number, low: number, close: number): number {
  return (high + low + close) / 3;
}

/**
 * Volume-weighted average of the typical price (high + low + close) / 3 since the first bar of the day. A day begins at
 * midnight of the zone `utc_offset_minutes` east of UTC, and a bar belongs to the day in which it opens; a fixed offset knows
 * no daylight saving. NaN until the day has seen volume.
 */
export const SESSION_VWAP = defineIndicator({
  name: 'session_vwap',
  description: 'Volume-weighted average price since the beginning of the day at an offset from UTC',
  inputs: [],
  candle_inputs: ['ts', 'high', 'low', 'close', 'volume'],
  params: [UTC_OFFSET_MINUTES],
  outputs: ['vwap'],
  firstIndex: () => 0,

  begin(offsetMinutes: number) {
    let day = NaN;
    let mean = new VolumeWeightedMean(0);
    return (bar, out) => {
      const price = typicalPrice(bar[1] as number, bar[2] as number, bar[3] as number);
      const today = dayOf(bar[0] as number, offsetMinutes);
      if (today !== day) mean = new VolumeWeightedMean(price);
      day = today;
      out[0] = mean.next(price, bar[4] as number);
    };
  },
});

/** Volume-weighted average of the typical price from the first bar that opens at `anchor_ts` or later. NaN before it. */
export const ANCHORED_VWAP = defineIndicator({
  name: 'anchored_vwap',
  description: 'Volume-weighted average price since a time in milliseconds since the Unix epoch',
  inputs: [],
  candle_inputs: ['ts', 'high', 'low', 'close', 'volume'],
  params: [number('anchor_ts', 0, -8.64e15, 8.64e15)],
  outputs: ['vwap'],
  firstIndex: () => 0,

  begin(anchor: number) {
    let mean: VolumeWeightedMean | null = null;
    return (bar, out) => {
      const price = typicalPrice(bar[1] as number, bar[2] as number, bar[3] as number);
      if (mean === null && (bar[0] as number) >= anchor) mean = new VolumeWeightedMean(price);
      out[0] = mean === null ? NaN : mean.next(price, bar[4] as number);
    };
  },
});

/** Volume-weighted average of the typical price from the bar of index `bar` on. */
export const VWAP_FROM_BAR = defineIndicator({
  name: 'vwap_from_bar',
  description: 'Volume-weighted average price since the bar with an index, 0 for the first',
  inputs: [],
  candle_inputs: ['high', 'low', 'close', 'volume'],
  params: [{ name: 'bar', type: 'period', default: 0, min: 0, max: Number.MAX_SAFE_INTEGER }],
  outputs: ['vwap'],
  firstIndex: (anchor: number) => anchor,

  begin(anchor: number) {
    let mean: VolumeWeightedMean | null = null;
    let index = 0;
    return (bar, out) => {
      const price = typicalPrice(bar[0] as number, bar[1] as number, bar[2] as number);
      if (index === anchor) mean = new VolumeWeightedMean(price);
      index++;
      out[0] = mean === null ? NaN : mean.next(price, bar[3] as number);
    };
  },
});

/** Volume-weighted moving average of any series; NaN where the window has no volume. */
export const VWMA = defineIndicator({
  name: 'vwma',
  description: 'Volume-weighted moving average of the last period values',
  inputs: ['values'],
  candle_inputs: ['volume'],
  params: [period('period', 20)],
  outputs: ['vwma'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const products = new SlidingSum(bars);
    const volumes = new SlidingSum(bars);
    return (bar, out) => {
      const volume = bar[1] as number;
      const product = products.next((bar[0] as number) * volume);
      const total = volumes.next(volume);
      out[0] = total === 0 ? NaN : product / total;
    };
  },
});
