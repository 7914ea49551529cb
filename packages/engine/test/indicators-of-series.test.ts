import { describe, expect, it } from 'vitest';
import { named, walkingCandles } from './support/any-indicator.ts';
import { mismatches } from './support/relative-error.ts';

const BARS = 160;
const { close, open } = walkingCandles(BARS, 11);

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
const at = (values: ArrayLike<number>, bar: number) => values[bar] ?? NaN;

/** Of each window of `bars` values, all numbers; NaN for the others. */
const ofWindows = (values: ArrayLike<number>, bars: number, of: (window: number[]) => number) =>
  Array.from(values, (_, bar) => {
    const window = Array.from(values).slice(Math.max(0, bar - bars + 1), bar + 1);
    return window.length < bars || window.some(Number.isNaN) ? NaN : of(window);
  });

/** The exponential average, as the sum of all values by their weights, from the mean of the first `bars` numbers. */
const exponential = (values: readonly number[], bars: number, weight: number) => {
  const start = values.findIndex((value) => !Number.isNaN(value));
  const seedBar = start + bars - 1;
  return values.map((_, bar) => {
    if (bar < seedBar) return NaN;
    let average = mean(values.slice(start, seedBar + 1)) * (1 - weight) ** (bar - seedBar);
    for (let i = seedBar + 1; i <= bar; i++) average += weight * at(values, i) * (1 - weight) ** (bar - i);
    return average;
  });
};
const ema = (values: readonly number[], bars: number) => exponential(values, bars, 2 / (bars + 1));
const wma = (values: ArrayLike<number>, bars: number) =>
  ofWindows(values, bars, (w) => sum(w.map((value, i) => value * (i + 1))) / ((bars * (bars + 1)) / 2));
const simple = (values: ArrayLike<number>, bars: number) => ofWindows(values, bars, mean);
const combine = (a: readonly number[], b: readonly number[], of: (a: number, b: number) => number) =>
  a.map((value, bar) => of(value, at(b, bar)));
const squares = (window: readonly number[]) => sum(window.map((value) => (value - mean(window)) ** 2));
const position = (window: readonly number[]) => {
  const [low, high] = [Math.min(...window), Math.max(...window)];
  return high === low ? 0 : (100 * (at(window, window.length - 1) - low)) / (high - low);
};
const line = (window: readonly number[]) => {
  const places = window.map((_, i) => i);
  const covariance = sum(window.map((value, i) => (value - mean(window)) * (i - mean(places))));
  const slope = covariance / squares(places);
  const intercept = mean(window) - slope * mean(places);
  const misses = sum(window.map((value, i) => (value - intercept - slope * i) ** 2));
  return { slope, intercept, value: intercept + slope * (window.length - 1), r2: 1 - misses / squares(window) };
};
const rsi = (values: readonly number[], bars: number) => {
  const changes = values.map((value, bar) => value - at(values, bar - 1));
  const average = (of: (change: number) => number) => exponential(changes.map(of), bars, 1 / bars);
  return { gain: average((c) => Math.max(c, 0)), loss: average((c) => Math.max(-c, 0)) };
};
const closes = Array.from(close);
const returns = (values: ArrayLike<number>) =>
  Array.from(values, (value, bar) => (bar === 0 ? NaN : value / at(values, bar - 1) - 1));
const pairs = (a: readonly number[], b: readonly number[], bars: number, of: (a: number[], b: number[]) => number) =>
  a.map((_, bar) => {
    const [x, y] = [a.slice(Math.max(0, bar - bars + 1), bar + 1), b.slice(Math.max(0, bar - bars + 1), bar + 1)];
    return x.length < bars || x.some(Number.isNaN) ? NaN : of(x, y);
  });
const products = (a: readonly number[], b: readonly number[]) =>
  sum(a.map((value, i) => (value - mean(a)) * (at(b, i) - mean(b))));

function kama(bars: number, fast: number, slow: number): number[] {
  const out: number[] = [];
  for (const [bar, value] of closes.entries()) {
    if (bar < bars) {
      out.push(NaN);
      continue;
    }
    const window = closes.slice(bar - bars, bar + 1);
    const path = sum(window.slice(1).map((v, i) => Math.abs(v - at(window, i))));
    const efficiency = path === 0 ? 1 : Math.abs(value - at(window, 0)) / path;
    const weight = (efficiency * (2 / (fast + 1) - 2 / (slow + 1)) + 2 / (slow + 1)) ** 2;
    const before = bar === bars ? at(closes, bar - 1) : at(out, bar - 1);
    out.push(before + weight * (value - before));
  }
  return out;
}

/** MACD's averages, both begun at index `slow - 1`, the fast one from the mean of the last `fast` values there. */
function fastAndSlow(fast: number, slow: number): [number[], number[]] {
  const late = closes.map((value, bar) => (bar < slow - fast ? NaN : value));
  return [ema(late, fast), ema(closes, slow)];
}

const first = (values: readonly number[], bar: number) => values.map((value, i) => (i < bar ? NaN : value));

function expectedColumns(): [name: string, params: number[], columns: number[][]][] {
  const [once, twice] = [ema(closes, 5), ema(ema(closes, 5), 5)];
  const thrice = ema(twice, 5);
  const [fast, slow] = fastAndSlow(4, 9);
  const lines = combine(fast, slow, (f, s) => f - s);
  const signals = ema(lines, 3);
  const { gain, loss } = rsi(closes, 6);
  const strengths = combine(gain, loss, (g, l) => (100 * g) / (g + l));
  const middle = simple(closes, 7);
  const deviation = ofWindows(closes, 7, (w) => Math.sqrt(squares(w) / 7));
  const lineColumn = (of: 'value' | 'slope' | 'intercept' | 'r2') => ofWindows(closes, 8, (w) => line(w)[of]);
  const position5 = ofWindows(strengths, 5, position);
  const logs = closes.map((value, bar) => (bar === 0 ? NaN : Math.log(value / at(closes, bar - 1))));
  const hull = combine(wma(closes, 5), wma(closes, 10), (half, whole) => 2 * half - whole);
  return [
    ['sma', [5], [simple(closes, 5)]],
    ['ema', [5], [once]],
    ['rma', [5], [exponential(closes, 5, 1 / 5)]],
    ['wma', [5], [wma(closes, 5)]],
    ['hma', [10], [wma(hull, 3)]],
    ['dema', [5], [combine(once, twice, (a, b) => 2 * a - b)]],
    [
      'tema',
      [5],
      [
        combine(
          combine(once, twice, (a, b) => 3 * (a - b)),
          thrice,
          (a, b) => a + b,
        ),
      ],
    ],
    ['trix', [5], [thrice.map((value, bar) => 100 * (value / at(thrice, bar - 1) - 1))]],
    ['trima', [4], [ofWindows(closes, 4, ([a = 0, b = 0, c = 0, d = 0]) => (a + 2 * b + 2 * c + d) / 6)]],
    [
      'trima',
      [5],
      [ofWindows(closes, 5, ([a = 0, b = 0, c = 0, d = 0, e = 0]) => (a + 2 * b + 3 * c + 2 * d + e) / 9)],
    ],
    ['kama', [6, 2, 30], [kama(6, 2, 30)]],
    ['kama', [1, 3, 10], [kama(1, 3, 10)]],
    ['rsi', [6], [strengths]],
    ['cmo', [6], [combine(gain, loss, (g, l) => (100 * (g - l)) / (g + l))]],
    ['macd', [4, 9, 3], [first(lines, 10), signals, combine(lines, signals, (l, s) => l - s)]],
    ['apo', [4, 9], [lines]],
    ['ppo', [4, 9], [combine(fast, slow, (f, s) => 100 * (f / s - 1))]],
    ['roc', [4], [closes.map((value, bar) => 100 * (value / at(closes, bar - 4) - 1))]],
    ['momentum', [4], [closes.map((value, bar) => value - at(closes, bar - 4))]],
    ['stddev', [7], [deviation]],
    ['variance', [7], [deviation.map((value) => value ** 2)]],
    ['zscore', [7], [deviation.map((value, bar) => (at(closes, bar) - at(middle, bar)) / value)]],
    [
      'bbands',
      [7, 1.5],
      [
        combine(middle, deviation, (m, d) => m + 1.5 * d),
        middle,
        combine(middle, deviation, (m, d) => m - 1.5 * d),
        deviation.map((d, bar) => (at(closes, bar) - at(middle, bar) + 1.5 * d) / (3 * d)),
        combine(middle, deviation, (m, d) => (3 * d) / m),
      ],
    ],
    ['linreg', [8], [lineColumn('value'), lineColumn('slope'), lineColumn('intercept'), lineColumn('r2')]],
    ['highest', [6], [ofWindows(closes, 6, (w) => Math.max(...w))]],
    ['lowest', [6], [ofWindows(closes, 6, (w) => Math.min(...w))]],
    ['sum', [6], [ofWindows(closes, 6, sum)]],
    ['midpoint', [6], [ofWindows(closes, 6, (w) => (Math.max(...w) + Math.min(...w)) / 2)]],
    ['stoch_rsi', [6, 5, 1, 3], [first(position5, 12), simple(position5, 3)]],
    ['stoch_rsi', [6, 5, 2, 3], [first(simple(position5, 2), 13), simple(simple(position5, 2), 3)]],
    ['iv_rank', [12], [ofWindows(closes, 12, position)]],
    ['iv_percentile', [12], [ofWindows(closes, 13, (w) => (100 * w.filter((value) => value < at(w, 12)).length) / 12)]],
    ['volatility', [9, 365], [ofWindows(logs, 9, (w) => Math.sqrt((squares(w) / 8) * 365))]],
    [
      'correlation',
      [9],
      [pairs(closes, Array.from(open), 9, (a, b) => products(a, b) / Math.sqrt(squares(a) * squares(b)))],
    ],
    ['beta', [9], [pairs(returns(close), returns(open), 9, (a, b) => products(a, b) / squares(b))]],
  ];
}

describe('indicators of a series equal their definition, computed at each bar from nothing', () => {
  it.each(expectedColumns())('%s %j', (name, params, columns) => {
    const definition = named(name);
    const actual = definition.compute([close, open].slice(0, definition.inputs.length), params);
    expect(actual).toHaveLength(columns.length);
    for (const [index, expected] of columns.entries()) {
      // Differences of averages lose digits of the price: a share of the largest value of the column, or of a price in 1e4.
      const largest = Math.max(...expected.filter((value) => !Number.isNaN(value)).map(Math.abs));
      const scale = new Float64Array(BARS).fill(Math.max(largest, 0.01));
      expect(mismatches(actual[index] ?? new Float64Array(0), Float64Array.from(expected), 1e-9, scale)).toEqual([]);
    }
  });
});
