import { defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';

/**
 * Sums of products of the deviations of two series from their means over the last `period` values, in two passes: O(period)
 * a value, without cancellation.
 */
class SlidingProducts {
  readonly #xs: Float64Array;
  readonly #ys: Float64Array;
  #place = 0;
  xx = NaN;
  yy = NaN;
  xy = NaN;

  constructor(period: number) {
    this.#xs = new Float64Array(period).fill(NaN);
    this.#ys = new Float64Array(period).fill(NaN);
  }

  push(x: number, y: number): void {
    const bars = this.#xs.length;
    this.#xs[this.#place] = x;
    this.#ys[this.#place] = y;
    this.#place = this.#place + 1 === bars ? 0 : this.#place + 1;
    let sumX = 0;
    let sumY = 0;
    for (let i = 0; i < bars; i++) {
      sumX += (this.#xs[i] as number) - x;
      sumY += (this.#ys[i] as number) - y;
    }
    const [meanX, meanY] = [sumX / bars, sumY / bars];
    let [xx, yy, xy] = [0, 0, 0];
    for (let i = 0; i < bars; i++) {
      const dx = (this.#xs[i] as number) - x - meanX;
      const dy = (this.#ys[i] as number) - y - meanY;
      xx += dx * dx;
      yy += dy * dy;
      xy += dx * dy;
    }
    this.xx = xx;
    this.yy = yy;
    this.xy = xy;
  }
}

/** Pearson's correlation of two series over a window, -1 to 1, as TA-Lib's CORREL; 0 where one of them is flat. */
export const CORRELATION = defineIndicator({
  name: 'correlation',
  description: "Pearson's correlation of two series over the last period values, -1 to 1",
  inputs: ['a', 'b'],
  candle_inputs: [],
  params: [period('period', 30, 2)],
  outputs: ['correlation'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number) {
    const window = new SlidingProducts(bars);
    return (bar, out) => {
      window.push(bar[0] as number, bar[1] as number);
      const scale = Math.sqrt(window.xx) * Math.sqrt(window.yy);
      out[0] = scale === 0 ? 0 : Math.max(-1, Math.min(1, window.xy / scale));
    };
  },
});

/**
 * Beta: slope of the simple returns of `values` on those of `benchmark` over the last `period` returns; TA-Lib's BETA with
 * the benchmark as its first series. 0 where the benchmark's returns are all the same.
 */
export const BETA = defineIndicator({
  name: 'beta',
  description:
    'Beta: covariance of returns with those of a benchmark over the variance of the benchmark, of period returns',
  inputs: ['values', 'benchmark'],
  candle_inputs: [],
  params: [period('period', 30, 2)],
  outputs: ['beta'],
  firstIndex: (bars: number) => bars,

  begin(bars: number) {
    const window = new SlidingProducts(bars);
    let valueBefore = NaN;
    let benchmarkBefore = NaN;
    return (bar, out) => {
      const [value, benchmark] = [bar[0] as number, bar[1] as number];
      window.push(returnOf(benchmark, benchmarkBefore), returnOf(value, valueBefore));
      valueBefore = value;
      benchmarkBefore = benchmark;
      out[0] = window.xx === 0 ? 0 : window.xy / window.xx;
    };
  },
});

/** Simple return; 0 from a value of 0, as in TA-Lib. */
function returnOf(value: number, before: number): number {
  return before === 0 ? 0 : (value - before) / before;
}
