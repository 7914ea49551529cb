import { defineIndicator } from './define-indicator.ts';
import { checkAscending, period } from './parameters.ts';
import { CompensatedSum } from './windows/compensated-sum.ts';
import { SlidingSum } from './windows/sliding-sum.ts';

/** Typical prices that differ by no more than this share are equal: three prices on a tick grid carry its rounding. */
const TIE = 4 * Number.EPSILON;

/** On-balance volume (Granville), as TA-Lib's OBV: begins with the first bar's volume. */
export const OBV = defineIndicator({
  name: 'obv',
  description: 'On-balance volume: volume of bars that close higher less that of bars that close lower, added up',
  inputs: [],
  candle_inputs: ['close', 'volume'],
  params: [],
  outputs: ['obv'],
  firstIndex: () => 0,

  begin() {
    const sum = new CompensatedSum();
    let before = NaN;
    return (bar, out) => {
      const [close, volume] = [bar[0] as number, bar[1] as number];
      if (Number.isNaN(before) || close > before) sum.add(volume);
      else if (close < before) sum.add(-volume);
      before = close;
      out[0] = sum.value;
    };
  },
});

/**
 * Money flow index, 0 to 100, as TA-Lib's MFI: typical price times volume of bars whose typical price rose, in percent of
 * that of all bars whose typical price changed. 0 where nothing flowed; TA-Lib also says 0 for flows below 1, which
 * depends on the currency unit and is not copied. Typical prices that are equal on paper count as equal.
 */
export const MFI = defineIndicator({
  name: 'mfi',
  description: 'Money flow index, 0 to 100: share of the money flow on rising typical prices over period bars',
  inputs: [],
  candle_inputs: ['high', 'low', 'close', 'volume'],
  params: [period('period', 14)],
  outputs: ['mfi'],
  firstIndex: (bars: number) => bars,

  begin(bars: number) {
    const gains = new SlidingSum(bars);
    const losses = new SlidingSum(bars);
    let before = NaN;
    return (bar, out) => {
      const typical = ((bar[0] as number) + (bar[1] as number) + (bar[2] as number)) / 3;
      const flow = typical * (bar[3] as number);
      const change = typical - before;
      before = typical;
      if (Number.isNaN(change)) return;
      const moved = Math.abs(change) > TIE * typical;
      const gain = gains.next(moved && change > 0 ? flow : 0);
      const loss = losses.next(moved && change < 0 ? flow : 0);
      out[0] = gain + loss === 0 ? 0 : (100 * gain) / (gain + loss);
    };
  },
});

/** Volume with the sign and share of where the bar closed in its range: -1 at its low, 1 at its high, 0 for no range. */
function closeLocationVolume(high: number, low: number, close: number, volume: number): number {
  return high > low ? ((close - low - (high - close)) / (high - low)) * volume : 0;
}

/** Chaikin money flow, -1 to 1: close location volume over volume of the window; 0 where nothing was traded. */
export const CMF = defineIndicator({
  name: 'cmf',
  description: 'Chaikin money flow, -1 to 1: volume by where bars closed in their range, over volume, of period bars',
  inputs: [],
  candle_inputs: ['high', 'low', 'close', 'volume'],
  params: [period('period', 20)],
  outputs: ['cmf'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const flows = new SlidingSum(bars);
    const volumes = new SlidingSum(bars);
    return (bar, out) => {
      const volume = bar[3] as number;
      const flow = flows.next(closeLocationVolume(bar[0] as number, bar[1] as number, bar[2] as number, volume));
      const total = volumes.next(volume);
      out[0] = total === 0 ? 0 : flow / total;
    };
  },
});

/** Chaikin accumulation/distribution line, as TA-Lib's AD: close location volume, added up. */
export const ACCUMULATION_DISTRIBUTION = defineIndicator({
  name: 'ad',
  description: 'Accumulation/distribution line: volume by where bars closed in their range, added up',
  inputs: [],
  candle_inputs: ['high', 'low', 'close', 'volume'],
  params: [],
  outputs: ['ad'],
  firstIndex: () => 0,

  begin() {
    const sum = new CompensatedSum();
    return (bar, out) => {
      sum.add(closeLocationVolume(bar[0] as number, bar[1] as number, bar[2] as number, bar[3] as number));
      out[0] = sum.value;
    };
  },
});

/** Chaikin oscillator, as TA-Lib's ADOSC: fast less slow exponential average of `ad`, both started at its first value. */
export const CHAIKIN_OSCILLATOR = defineIndicator({
  name: 'adosc',
  description: 'Chaikin oscillator: fast less slow exponential average of the accumulation/distribution line',
  inputs: [],
  candle_inputs: ['high', 'low', 'close', 'volume'],
  params: [period('fast', 3), period('slow', 10)],
  outputs: ['adosc'],
  firstIndex: (_: number, slow: number) => slow - 1,
  check: (fast: number, slow: number) => checkAscending({ fast, slow }),

  begin(fast: number, slow: number) {
    const sum = new CompensatedSum();
    const fastWeight = 2 / (fast + 1);
    const slowWeight = 2 / (slow + 1);
    let fastAverage = NaN;
    let slowAverage = NaN;
    return (bar, out) => {
      sum.add(closeLocationVolume(bar[0] as number, bar[1] as number, bar[2] as number, bar[3] as number));
      const line = sum.value;
      if (Number.isNaN(fastAverage)) {
        fastAverage = line;
        slowAverage = line;
      }
      fastAverage += (line - fastAverage) * fastWeight;
      slowAverage += (line - slowAverage) * slowWeight;
      out[0] = fastAverage - slowAverage;
    };
  },
});
