import { log } from '../math/logarithm.ts';
import { defineIndicator } from './define-indicator.ts';
import { PERIODS_PER_YEAR, period } from './parameters.ts';
import { SlidingDeviation } from './windows/sliding-deviation.ts';
import { SlidingSum } from './windows/sliding-sum.ts';

// All are a year and as fractions: 0.2 is 20 %.

/** Square root of a variance a bar, a year; a variance that rounding made negative is 0. */
function aYear(variance: number, periodsPerYear: number): number {
  return Math.sqrt(Math.max(0, variance) * periodsPerYear);
}

/** Volatility from close to close: sample standard deviation (n - 1) of the last `period` logarithmic returns. */
export const VOLATILITY = defineIndicator({
  name: 'volatility',
  description: 'Realised volatility a year, close to close: sample deviation of the last period logarithmic returns',
  inputs: ['values'],
  candle_inputs: [],
  params: [period('period', 20, 2), PERIODS_PER_YEAR],
  outputs: ['volatility'],
  firstIndex: (bars: number) => bars,

  begin(bars: number, periodsPerYear: number) {
    const window = new SlidingDeviation(bars);
    let before = NaN;
    return (bar, out) => {
      const value = bar[0] as number;
      if (!Number.isNaN(before)) window.push(log(value / before));
      before = value;
      out[0] = aYear(window.squares / (bars - 1), periodsPerYear);
    };
  },
});

/** Parkinson (1980): mean of ln(high / low)^2 / (4 ln 2). */
export const VOLATILITY_PARKINSON = defineIndicator({
  name: 'volatility_parkinson',
  description: 'Realised volatility a year from highs and lows (Parkinson)',
  inputs: [],
  candle_inputs: ['high', 'low'],
  params: [period('period', 20), PERIODS_PER_YEAR],
  outputs: ['volatility'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number, periodsPerYear: number) {
    const sum = new SlidingSum(bars);
    const scale = 4 * Math.LN2 * bars;
    return (bar, out) => {
      const range = log((bar[0] as number) / (bar[1] as number));
      out[0] = aYear(sum.next(range * range) / scale, periodsPerYear);
    };
  },
});

/**
 * Garman and Klass (1980), the practical form: mean of 0.5 ln(high / low)^2 - (2 ln 2 - 1) ln(close / open)^2; 0 where
 * that is negative.
 */
export const VOLATILITY_GARMAN_KLASS = defineIndicator({
  name: 'volatility_garman_klass',
  description: 'Realised volatility a year from opens, highs, lows and closes (Garman and Klass)',
  inputs: [],
  candle_inputs: ['open', 'high', 'low', 'close'],
  params: [period('period', 20), PERIODS_PER_YEAR],
  outputs: ['volatility'],
  firstIndex: (bars: number) => bars - 1,

  begin(bars: number, periodsPerYear: number) {
    const sum = new SlidingSum(bars);
    return (bar, out) => {
      const range = log((bar[1] as number) / (bar[2] as number));
      const body = log((bar[3] as number) / (bar[0] as number));
      const variance = 0.5 * range * range - (2 * Math.LN2 - 1) * body * body;
      out[0] = aYear(sum.next(variance) / bars, periodsPerYear);
    };
  },
});

/** Rogers and Satchell (1991): mean of ln(high / close) ln(high / open) + ln(low / close) ln(low / open). */
function rogersSatchell(open: number, high: number, low: number, close: number): number {
  return log(high / close) * log(high / open) + log(low / close) * log(low / open);
}

/**
 * Yang and Zhang (2000): variance of overnight returns ln(open / close before) and k times that of ln(close / open), both
 * of a sample (n - 1), and 1 - k times Rogers and Satchell's, with k = 0.34 / (1.34 + (n + 1) / (n - 1)).
 */
export const VOLATILITY_YANG_ZHANG = defineIndicator({
  name: 'volatility_yang_zhang',
  description: 'Realised volatility a year from opens, highs, lows and closes with overnight gaps (Yang and Zhang)',
  inputs: [],
  candle_inputs: ['open', 'high', 'low', 'close'],
  params: [period('period', 20, 2), PERIODS_PER_YEAR],
  outputs: ['volatility'],
  firstIndex: (bars: number) => bars,

  begin(bars: number, periodsPerYear: number) {
    const overnight = new SlidingDeviation(bars);
    const bodies = new SlidingDeviation(bars);
    const within = new SlidingSum(bars);
    const share = 0.34 / (1.34 + (bars + 1) / (bars - 1));
    let closeBefore = NaN;
    return (bar, out) => {
      const [open, high, low, close] = [bar[0] as number, bar[1] as number, bar[2] as number, bar[3] as number];
      if (!Number.isNaN(closeBefore)) {
        overnight.push(log(open / closeBefore));
        bodies.push(log(close / open));
        const mean = within.next(rogersSatchell(open, high, low, close)) / bars;
        const variance = overnight.squares / (bars - 1) + (share * bodies.squares) / (bars - 1) + (1 - share) * mean;
        out[0] = aYear(variance, periodsPerYear);
      }
      closeBefore = close;
    };
  },
});
