import { columnAt, defineIndicator } from './define-indicator.ts';
import { number, period } from './parameters.ts';
import { SlidingDeviation } from './windows/sliding-deviation.ts';

/** The columns of Bollinger bands; all are NaN before index `period - 1`. */
export interface BollingerColumns {
  readonly upper: Float64Array;
  readonly middle: Float64Array;
  readonly lower: Float64Array;
  /** (value - lower) / (upper - lower): 0 at the lower band, 1 at the upper; 0.5 where the bands are one. */
  readonly percent_b: Float64Array;
  /** (upper - lower) / middle; 0 where all three are 0. */
  readonly bandwidth: Float64Array;
}

/**
 * Bollinger bands, as TA-Lib's BBANDS with a simple average: mean of the window plus and minus so many population standard
 * deviations (`SlidingDeviation`); a flat window has three equal bands. `percent_b` and `bandwidth` as John Bollinger
 * defines them, as fractions.
 */
export const BOLLINGER = defineIndicator({
  name: 'bbands',
  description: 'Bollinger bands: mean and so many population standard deviations around it, %b and bandwidth',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 20), number('deviations', 2, 0, 100)],
  outputs: ['upper', 'middle', 'lower', 'percent_b', 'bandwidth'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number, deviations: number) {
    const window = new SlidingDeviation(bars);
    return (bar, out) => {
      const value = bar[0] as number;
      window.push(value);
      const middle = window.mean;
      const distance = deviations * window.deviation;
      out[0] = middle + distance;
      out[1] = middle;
      out[2] = middle - distance;
      out[3] = percentB(value, middle, distance);
      out[4] = bandwidth(middle, distance);
    };
  },

  fill(inputs, outputs, bars: number, deviations: number) {
    const values = columnAt(inputs, 0);
    const uppers = columnAt(outputs, 0);
    const middles = columnAt(outputs, 1);
    const lowers = columnAt(outputs, 2);
    const percents = columnAt(outputs, 3);
    const widths = columnAt(outputs, 4);
    const window = new SlidingDeviation(bars);
    for (let i = 0; i < bars - 1; i++) window.push(values[i] as number);
    for (let i = bars - 1; i < values.length; i++) {
      const value = values[i] as number;
      window.push(value);
      const middle = window.mean;
      const distance = deviations * window.deviation;
      uppers[i] = middle + distance;
      middles[i] = middle;
      lowers[i] = middle - distance;
      percents[i] = percentB(value, middle, distance);
      widths[i] = bandwidth(middle, distance);
    }
  },
});

/**
 * The columns of `BOLLINGER`.
 *
 * @param deviations distance of the bands from the middle, in standard deviations
 * @throws EngineError `invalid_params`
 */
export function bollinger(values: Float64Array, period: number, deviations: number): BollingerColumns {
  const columns = BOLLINGER.compute([values], [period, deviations]);
  return {
    upper: columnAt(columns, 0),
    middle: columnAt(columns, 1),
    lower: columnAt(columns, 2),
    percent_b: columnAt(columns, 3),
    bandwidth: columnAt(columns, 4),
  };
}

function percentB(value: number, middle: number, distance: number): number {
  return distance === 0 ? 0.5 : (value - (middle - distance)) / (2 * distance);
}

function bandwidth(middle: number, distance: number): number {
  return distance === 0 ? 0 : (2 * distance) / middle;
}
