import { defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';
import { SlidingTrend } from './windows/sliding-trend.ts';

/**
 * Straight line through the last `period` values by least squares, places 0 (the oldest) to period - 1, as TA-Lib's LINEARREG
 * (`value`, the line at the newest place), LINEARREG_SLOPE and LINEARREG_INTERCEPT (the line at the oldest). `r2` is the
 * share of variance that the line explains, 0 where the window is flat.
 */
export const LINEAR_REGRESSION = defineIndicator({
  name: 'linreg',
  description:
    'Straight line by least squares through the last period values: its end, slope a bar, start, and R squared',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 14, 2)],
  outputs: ['value', 'slope', 'intercept', 'r2'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const window = new SlidingTrend(bars);
    const middle = (bars - 1) / 2;
    // Sum of squared distances of the places from their middle.
    const placeSquares = (bars * (bars * bars - 1)) / 12;
    return (bar, out) => {
      if (!window.push(bar[0] as number)) return;
      const mean = window.sum / bars;
      const products = window.placedSum - middle * window.sum;
      const slope = products / placeSquares;
      const rise = slope * middle;
      out[0] = window.shift + (mean + rise);
      out[1] = slope;
      out[2] = window.shift + (mean - rise);
      out[3] = window.squares === 0 ? 0 : Math.min(1, (slope * products) / window.squares);
    };
  },
});
