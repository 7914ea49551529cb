import { columnAt, defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';
import { SlidingDeviation } from './windows/sliding-deviation.ts';

/** Population standard deviation of a window, as TA-Lib's STDDEV with 1 deviation; see `SlidingDeviation`. */
export const STANDARD_DEVIATION = defineIndicator({
  name: 'stddev',
  description: 'Population standard deviation of the last period values',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 20)],
  outputs: ['stddev'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const window = new SlidingDeviation(bars);
    return (bar, out) => {
      window.push(bar[0] as number);
      out[0] = window.deviation;
    };
  },

  fill(inputs, outputs, bars: number) {
    const values = columnAt(inputs, 0);
    const deviations = columnAt(outputs, 0);
    const window = new SlidingDeviation(bars);
    for (let i = 0; i < bars - 1; i++) window.push(values[i] as number);
    for (let i = bars - 1; i < values.length; i++) {
      window.push(values[i] as number);
      deviations[i] = window.deviation;
    }
  },
});

/** Population variance of a window, as TA-Lib's VAR. */
export const VARIANCE = defineIndicator({
  name: 'variance',
  description: 'Population variance of the last period values',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 20)],
  outputs: ['variance'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const window = new SlidingDeviation(bars);
    return (bar, out) => {
      window.push(bar[0] as number);
      out[0] = window.squares / bars;
    };
  },
});

/** Distance from the mean of a window in its population standard deviations; 0 where the window is flat. */
export const Z_SCORE = defineIndicator({
  name: 'zscore',
  description: 'Distance of the value from the mean of the last period values, in population standard deviations',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 20)],
  outputs: ['zscore'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const window = new SlidingDeviation(bars);
    return (bar, out) => {
      const value = bar[0] as number;
      window.push(value);
      out[0] = window.squares === 0 ? 0 : (value - window.mean) / window.deviation;
    };
  },
});

/**
 * The column of `STANDARD_DEVIATION`.
 *
 * @throws EngineError `invalid_params`
 */
export function standardDeviation(values: Float64Array, period: number): Float64Array {
  return columnAt(STANDARD_DEVIATION.compute([values], [period]), 0);
}
