import { columnAt, defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';
import { slideMean } from './sliding-mean.ts';
import { SimpleAverage } from './windows/simple-average.ts';

/** Simple moving average: the mean of the last `period` values, as TA-Lib's SMA. First value at `period - 1`. */
export const SMA = defineIndicator({
  name: 'sma',
  description: 'Simple moving average: the mean of the last period values',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 20)],
  outputs: ['sma'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const average = new SimpleAverage(bars);
    return (bar, out) => {
      out[0] = average.next(bar[0] as number);
    };
  },

  fill(inputs, outputs, bars: number) {
    const values = columnAt(inputs, 0);
    const averages = columnAt(outputs, 0);
    slideMean(values, averages, bars);
  },
});

/**
 * The column of `SMA`.
 *
 * @param values oldest first; a value that is not finite has no average, nor have the windows it is in
 * @param period length of the window in values, at least 1
 * @returns one number per value; NaN before index `period - 1`
 * @throws EngineError `invalid_params`
 */
export function sma(values: Float64Array, period: number): Float64Array {
  return columnAt(SMA.compute([values], [period]), 0);
}
