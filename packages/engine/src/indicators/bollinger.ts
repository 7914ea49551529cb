import { KernelInstance } from '../compiled/kernel-instance.ts';
import { columnAt, defineIndicator } from './define-indicator.ts';
import { number, period } from './parameters.ts';
import { columnFor } from './side-by-side.ts';
import { fillDeviationColumns } from './windows/deviation-columns.ts';
import { SlidingDeviation } from './windows/sliding-deviation.ts';

/** Bollinger bands; all are NaN before index `period - 1`. */
export interface BollingerColumns {
  readonly upper: Float64Array;
  readonly middle: Float64Array;
  readonly lower: Float64Array;
}

/** Values that the kernel is given at a time, in whole windows: few enough for all columns to stay in cache. */
const BLOCK_BARS = 4096;

/**
 * Bollinger bands, as TA-Lib's BBANDS with a simple average: mean of the window plus and minus so many population standard
 * deviations (`SlidingDeviation`); a flat window has three equal bands. As John Bollinger
 * defines them, as fractions: `percent_b`, (value - lower) / (upper - lower), is 0 at the lower band and 1 at the upper, 0.5 where
 * the bands are one; `bandwidth` is (upper - lower) / middle, 0 where all three are 0.
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
      out[3] = percentB(window.fromMean(value), distance);
      out[4] = bandwidth(middle, distance);
    };
  },

  fill(inputs, outputs, bars: number, deviations: number) {
    const uppers = columnAt(outputs, 0);
    const middles = columnAt(outputs, 1);
    const lowers = columnAt(outputs, 2);
    const percents = columnAt(outputs, 3);
    const widths = columnAt(outputs, 4);
    const share = 1 / bars;
    // Two of the columns hold what they are made of until the loop below has reached them.
    fillDeviationColumns(columnAt(inputs, 0), bars, { squares: widths, means: middles, fromMeans: percents });
    for (let i = bars - 1; i < middles.length; i++) {
      const middle = middles[i] as number;
      const distance = deviations * Math.sqrt((widths[i] as number) * share);
      uppers[i] = middle + distance;
      lowers[i] = middle - distance;
      percents[i] = percentB(percents[i] as number, distance);
      widths[i] = bandwidth(middle, distance);
    }
  },
});

/**
 * The first three columns of `BOLLINGER`.
 *
 * @param deviations distance of the bands from the middle, in standard deviations
 * @param into where the columns go; new ones by default. Fresh memory takes as long as the computation.
 * @throws EngineError `invalid_params`, `column_length_mismatch`
 */
export function bollinger(
  values: Float64Array,
  period: number,
  deviations: number,
  into?: BollingerColumns,
): BollingerColumns {
  const params = [period, deviations];
  const first = BOLLINGER.firstIndex(params);
  const columns = {
    upper: columnFor(into?.upper, [values]),
    middle: columnFor(into?.middle, [values]),
    lower: columnFor(into?.lower, [values]),
  };
  const all = [columns.upper, columns.middle, columns.lower];
  const isFilled = values.length > 4 * period && period <= BLOCK_BARS && fillBands(values, period, deviations, all);
  if (isFilled) for (const column of all) column.fill(NaN, 0, first);
  else {
    const computed = BOLLINGER.compute([values], params);
    for (const [index, column] of all.entries()) column.set(columnAt(computed, index));
  }
  return columns;
}

/**
 * Writes the bands from index `period - 1` on, by the kernel. Returns false where a value may not be finite, and what is written
 * means nothing.
 */
function fillBands(
  values: Float64Array,
  period: number,
  deviations: number,
  columns: readonly Float64Array[],
): boolean {
  // The first window, before which there are no values.
  const first = BOLLINGER.compute([values.subarray(0, period)], [period, deviations]);
  for (const [index, column] of columns.entries()) column[period - 1] = columnAt(first, index)[period - 1] as number;
  let rest = (columns[0]?.[period - 1] as number) * 0;

  const kernels = KernelInstance.borrow();
  const block = period * Math.floor(BLOCK_BARS / period);
  const start = kernels.reserve(8 * (2 * period + block + 8));
  const outputs = columns.map(() => kernels.reserve(8 * (block + 10)));
  const scratch = kernels.reserve(16 * (2 * period + 4));
  const [upper = 0, middle = 0, lower = 0] = outputs;
  const { doubles } = kernels;
  for (let from = period; from < values.length; from += block) {
    const count = Math.min(block, values.length - from);
    doubles.set(values.subarray(from - period, from + count), start / 8);
    rest += kernels.run.bands(start + 8 * period, count, period, deviations, upper, middle, lower, scratch);
    for (const [index, column] of columns.entries()) {
      const at = (outputs[index] as number) / 8;
      column.set(doubles.subarray(at, at + count), from);
    }
  }
  kernels.giveBack();
  return rest === 0;
}

function percentB(fromMiddle: number, distance: number): number {
  return distance === 0 ? 0.5 : (fromMiddle + distance) / (2 * distance);
}

function bandwidth(middle: number, distance: number): number {
  return distance === 0 ? 0 : (2 * distance) / middle;
}
