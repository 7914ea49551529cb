import { checkFastBelowSlow } from '../indicators/check-periods.ts';
import { SlidingMean } from '../indicators/sliding-mean.ts';
import { compareRounded } from './compare-rounded.ts';
import { ENTER, EXIT, type Strategy } from './strategy.ts';

/**
 * Largest relative difference that rounding alone makes between two means from `SlidingMean`: half a unit in the last
 * place for the prices as stored, for each sum and for each division, on both sides, and one in reserve. The averages of
 * prices on a real tick size differ by far more, or not at all.
 */
const ROUNDING = 4 * Number.EPSILON;

/**
 * SMA crossover on closes.
 *
 * Entry at bar i: fast[i-1] <= slow[i-1] and fast[i] > slow[i]. Exit at bar i: fast[i-1] >= slow[i-1] and
 * fast[i] < slow[i].
 *
 * @throws EngineError `invalid_params` unless both periods are whole numbers of at least 1 and fast < slow
 */
export function smaCross({ fast, slow }: { readonly fast: number; readonly slow: number }): Strategy {
  checkFastBelowSlow(fast, slow);

  return {
    warm_up_bars: slow,

    computeSignals({ close }) {
      const signals = new Int8Array(close.length);
      if (close.length <= slow) return signals;

      // The two averages bar by bar, without their columns: for a million bars, writing those to fresh memory takes
      // longer than computing them.
      const fastWindow = new SlidingMean(fast, close, slow);
      const slowWindow = new SlidingMean(slow, close, slow);
      let before = compareAverages(fastWindow.mean, slowWindow.mean);
      for (let i = slow; i < close.length; i++) {
        const entering = close[i] ?? NaN;
        const fastAverage = fastWindow.slide(entering, close[i - fast] ?? NaN);
        const slowAverage = slowWindow.slide(entering, close[i - slow] ?? NaN);
        const now = compareAverages(fastAverage, slowAverage);
        if (now > 0 && before <= 0) signals[i] = ENTER;
        else if (now < 0 && before >= 0) signals[i] = EXIT;
        before = now;
      }
      return signals;
    },
  };
}

function compareAverages(fast: number, slow: number): -1 | 0 | 1 {
  return compareRounded(fast, slow, slow * ROUNDING);
}
