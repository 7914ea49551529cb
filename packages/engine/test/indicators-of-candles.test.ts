import { describe, expect, it } from 'vitest';
import { inputsFrom, named, walkingCandles } from './support/any-indicator.ts';
import { mismatches } from './support/relative-error.ts';

const BARS = 120;
const HOUR_MS = 3_600_000;
const candles = walkingCandles(BARS, 23, 5 * HOUR_MS);
const ts = Array.from(candles.ts);
const open = Array.from(candles.open);
const high = Array.from(candles.high);
const low = Array.from(candles.low);
const close = Array.from(candles.close);
const volume = Array.from(candles.volume);

const at = (values: readonly number[], bar: number) => values[bar] ?? NaN;
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
const bars = (of: (bar: number) => number) => Array.from({ length: BARS }, (_, bar) => of(bar));
/** The last `count` values at a bar. */
const window = (values: readonly number[], bar: number, count: number) =>
  bar < count - 1 ? [NaN] : values.slice(bar - count + 1, bar + 1);
const highest = (bar: number, count: number) => Math.max(...window(high, bar, count));
const lowest = (bar: number, count: number) => Math.min(...window(low, bar, count));
const sampleVariance = (values: readonly number[]) =>
  sum(values.map((value) => (value - mean(values)) ** 2)) / (values.length - 1);

const typical = bars((i) => (at(high, i) + at(low, i) + at(close, i)) / 3);
const trueRange = bars((i) =>
  Math.max(at(high, i) - at(low, i), Math.abs(at(high, i) - at(close, i - 1)), Math.abs(at(low, i) - at(close, i - 1))),
);

/** `seed` at `from`, then each value by the one before. */
const recursive = (from: number, seed: number, next: (before: number, bar: number) => number) => {
  const values: number[] = [];
  for (let bar = 0; bar < BARS; bar++) {
    values.push(bar < from ? NaN : bar === from ? seed : next(at(values, bar - 1), bar));
  }
  return values;
};
const wilder = (values: readonly number[], from: number, count: number) =>
  recursive(
    from + count - 1,
    mean(values.slice(from, from + count)),
    (before, bar) => (before * (count - 1) + at(values, bar)) / count,
  );
const ema = (values: readonly number[], count: number) =>
  recursive(
    count - 1,
    mean(values.slice(0, count)),
    (before, bar) => (before * (count - 1) + 2 * at(values, bar)) / (count + 1),
  );
const smoothed = (values: readonly number[], count: number) => bars((bar) => mean(window(values, bar, count)));

const atr = wilder(trueRange, 1, 6);

function directional(count: number) {
  const up = bars((i) => at(high, i) - at(high, i - 1));
  const down = bars((i) => at(low, i - 1) - at(low, i));
  // Cents, so that ties are ties.
  const cents = (value: number) => Math.round(value * 100);
  const plus = bars((i) => (cents(at(up, i)) > Math.max(0, cents(at(down, i))) ? at(up, i) : 0));
  const minus = bars((i) => (cents(at(down, i)) > Math.max(0, cents(at(up, i))) ? at(down, i) : 0));
  const total = (moves: readonly number[]) =>
    recursive(count - 1, sum(moves.slice(1, count)), (before, bar) => before - before / count + at(moves, bar));
  const [plusSum, minusSum, rangeSum] = [total(plus), total(minus), total(trueRange)];
  const shown = (of: (bar: number) => number) => bars((bar) => (bar < count ? NaN : of(bar)));
  const plusDi = shown((i) => (100 * at(plusSum, i)) / at(rangeSum, i));
  const minusDi = shown((i) => (100 * at(minusSum, i)) / at(rangeSum, i));
  const dx = bars((i) => (100 * Math.abs(at(plusDi, i) - at(minusDi, i))) / (at(plusDi, i) + at(minusDi, i)));
  return { plusDi, minusDi, dx, adx: wilder(dx, count, count) };
}

const rangePosition = (count: number) =>
  bars((i) => (100 * (at(close, i) - lowest(i, count))) / (highest(i, count) - lowest(i, count)));

/** Bars back to the last bar of the window that has its extreme. */
const age = (values: readonly number[], bar: number, count: number, pick: (...values: number[]) => number) =>
  count - 1 - window(values, bar, count).lastIndexOf(pick(...window(values, bar, count)));

const location = bars(
  (i) => ((2 * at(close, i) - at(high, i) - at(low, i)) / (at(high, i) - at(low, i))) * at(volume, i),
);
const distribution = bars((i) => sum(location.slice(0, i + 1)));
const seeded = (values: readonly number[], weight: number) =>
  recursive(0, at(values, 0), (before, bar) => before + weight * (at(values, bar) - before));

const change = (values: readonly number[], bar: number) => Math.round(300 * (at(values, bar) - at(values, bar - 1)));
const flow = (bar: number, count: number, sign: number) =>
  sum(
    window(
      bars((i) => i),
      bar,
      count,
    ).map((i) => (Math.sign(change(typical, i)) === sign ? at(typical, i) * at(volume, i) : 0)),
  );

const vwapFrom = (start: number, bar: number) =>
  bar < start
    ? NaN
    : sum(typical.slice(start, bar + 1).map((price, i) => price * at(volume, start + i))) /
      sum(volume.slice(start, bar + 1));
const date = (bar: number, offsetMinutes: number) =>
  new Date(at(ts, bar) + offsetMinutes * 60_000).toISOString().slice(0, 10);
const startOfDay = (bar: number, offsetMinutes: number) =>
  ts.findIndex((_, i) => date(i, offsetMinutes) === date(bar, offsetMinutes));

/** High, low and close of the day before that of a bar. */
function dayBefore(bar: number, offsetMinutes: number) {
  const end = startOfDay(bar, offsetMinutes);
  if (end === 0) return { h: NaN, l: NaN, c: NaN };
  const start = startOfDay(end - 1, offsetMinutes);
  return { h: Math.max(...high.slice(start, end)), l: Math.min(...low.slice(start, end)), c: at(close, end - 1) };
}
const pivots = (offset: number, of: (day: { h: number; l: number; c: number; p: number }) => number) =>
  bars((bar) => {
    const day = dayBefore(bar, offset);
    return of({ ...day, p: (day.h + day.l + day.c) / 3 });
  });

const channelMiddle = (count: number) => bars((i) => (highest(i, count) + lowest(i, count)) / 2);
const shifted = (values: readonly number[], count: number) => bars((i) => at(values, i - count));
const from = (start: number, values: readonly number[]) => values.map((value, i) => (i < start ? NaN : value));

const pressure = (bar: number, count: number) => {
  const part = (values: readonly number[]) => sum(window(values.slice(1), bar - 1, count));
  const bottom = bars((i) => Math.min(at(low, i), at(close, i - 1)));
  return part(bars((i) => at(close, i) - at(bottom, i))) / part(trueRange);
};

const log = (a: readonly number[], b: readonly number[], i: number, back = 0) => Math.log(at(a, i) / at(b, i - back));
const volatilityOf = (count: number, start: number, variance: (bar: number) => number) =>
  bars((bar) => (bar < start + count - 1 ? NaN : Math.sqrt(252 * variance(bar))));
const rogersSatchell = bars((i) => log(high, close, i) * log(high, open, i) + log(low, close, i) * log(low, open, i));
function yangZhang(bar: number, count: number): number {
  const k = 0.34 / (1.34 + (count + 1) / (count - 1));
  const overnight = sampleVariance(
    window(
      bars((i) => log(open, close, i, 1)),
      bar,
      count,
    ),
  );
  const body = sampleVariance(
    window(
      bars((i) => log(close, open, i)),
      bar,
      count,
    ),
  );
  return overnight + k * body + (1 - k) * mean(window(rogersSatchell, bar, count));
}

function expectedColumns(): [name: string, params: number[], columns: number[][]][] {
  const { plusDi, minusDi, dx, adx } = directional(5);
  const k = smoothed(rangePosition(7), 3);
  const median = bars((i) => (at(high, i) + at(low, i)) / 2);
  const tenkan = channelMiddle(3);
  const kijun = channelMiddle(6);
  const cloud = bars((i) => (at(tenkan, i) + at(kijun, i)) / 2);
  const first = 12 - 1 + 5;
  const keltner = (sign: number) =>
    from(
      7,
      bars((i) => at(ema(close, 8), i) + sign * 1.5 * at(atr, i)),
    );
  const fastLine = seeded(distribution, 2 / 4);
  const slowLine = seeded(distribution, 2 / 8);
  return [
    ['true_range', [], [trueRange]],
    ['atr', [6], [atr]],
    ['natr', [6], [bars((i) => (100 * at(atr, i)) / at(close, i))]],
    ['keltner', [8, 6, 1.5], [keltner(1), keltner(0), keltner(-1)]],
    ['donchian', [6], [bars((i) => highest(i, 6)), channelMiddle(6), bars((i) => lowest(i, 6))]],
    ['stoch', [7, 3, 4], [from(11, k), smoothed(k, 4)]],
    ['williams_r', [7], [bars((i) => (-100 * (highest(i, 7) - at(close, i))) / (highest(i, 7) - lowest(i, 7)))]],
    ['dmi', [5], [plusDi, minusDi, dx]],
    ['adx', [5], [adx, from(9, plusDi), from(9, minusDi)]],
    [
      'cci',
      [6],
      [
        bars((i) => {
          const w = window(typical, i, 6);
          return (at(typical, i) - mean(w)) / (0.015 * mean(w.map((value) => Math.abs(value - mean(w)))));
        }),
      ],
    ],
    [
      'aroon',
      [6],
      [
        bars((i) => (i < 6 ? NaN : (100 * (6 - age(high, i, 7, Math.max))) / 6)),
        bars((i) => (i < 6 ? NaN : (100 * (6 - age(low, i, 7, Math.min))) / 6)),
        bars((i) => (i < 6 ? NaN : (100 * (age(low, i, 7, Math.min) - age(high, i, 7, Math.max))) / 6)),
      ],
    ],
    [
      'ichimoku',
      [3, 6, 12, 5],
      [
        from(first, tenkan),
        from(first, kijun),
        from(first, shifted(cloud, 5)),
        shifted(channelMiddle(12), 5),
        from(first, shifted(close, 5)),
      ],
    ],
    [
      'ultimate_oscillator',
      [3, 5, 8],
      [bars((i) => (100 * (4 * pressure(i, 3) + 2 * pressure(i, 5) + pressure(i, 8))) / 7)],
    ],
    ['typical_price', [], [typical]],
    ['median_price', [], [median]],
    ['awesome_oscillator', [3, 7], [bars((i) => at(smoothed(median, 3), i) - at(smoothed(median, 7), i))]],
    [
      'obv',
      [],
      [
        bars((bar) =>
          sum(volume.slice(0, bar + 1).map((v, i) => (i === 0 ? v : v * Math.sign(at(close, i) - at(close, i - 1))))),
        ),
      ],
    ],
    ['mfi', [6], [bars((i) => (i < 6 ? NaN : (100 * flow(i, 6, 1)) / (flow(i, 6, 1) + flow(i, 6, -1))))]],
    ['cmf', [6], [bars((i) => sum(window(location, i, 6)) / sum(window(volume, i, 6)))]],
    ['ad', [], [distribution]],
    [
      'adosc',
      [3, 7],
      [
        from(
          6,
          bars((i) => at(fastLine, i) - at(slowLine, i)),
        ),
      ],
    ],
    ['session_vwap', [0], [bars((i) => vwapFrom(startOfDay(i, 0), i))]],
    ['session_vwap', [-300], [bars((i) => vwapFrom(startOfDay(i, -300), i))]],
    ['session_vwap', [330], [bars((i) => vwapFrom(startOfDay(i, 330), i))]],
    ['anchored_vwap', [at(ts, 17)], [bars((i) => vwapFrom(17, i))]],
    ['anchored_vwap', [at(ts, 17) - 1], [bars((i) => vwapFrom(17, i))]],
    ['vwap_from_bar', [17], [bars((i) => vwapFrom(17, i))]],
    [
      'vwma',
      [6],
      [
        bars(
          (i) =>
            sum(
              window(
                bars((b) => at(close, b) * at(volume, b)),
                i,
                6,
              ),
            ) / sum(window(volume, i, 6)),
        ),
      ],
    ],
    [
      'pivot_classic',
      [0],
      [
        pivots(0, ({ p }) => p),
        pivots(0, ({ p, l }) => 2 * p - l),
        pivots(0, ({ p, h, l }) => p + h - l),
        pivots(0, ({ p, h, l }) => h + 2 * (p - l)),
        pivots(0, ({ p, h }) => 2 * p - h),
        pivots(0, ({ p, h, l }) => p - h + l),
        pivots(0, ({ p, h, l }) => l - 2 * (h - p)),
      ],
    ],
    [
      'pivot_fibonacci',
      [-300],
      [0, 0.382, 0.618, 1, -0.382, -0.618, -1].map((f) => pivots(-300, ({ p, h, l }) => p + f * (h - l))),
    ],
    [
      'pivot_camarilla',
      [60],
      [
        pivots(60, ({ p }) => p),
        ...[12, 6, 4, 2, -12, -6, -4, -2].map((d) => pivots(60, ({ c, h, l }) => c + (1.1 * (h - l)) / d)),
      ],
    ],
    [
      'volatility_parkinson',
      [8],
      [
        volatilityOf(
          8,
          0,
          (bar) =>
            mean(
              window(
                bars((i) => log(high, low, i) ** 2),
                bar,
                8,
              ),
            ) /
            (4 * Math.log(2)),
        ),
      ],
    ],
    [
      'volatility_garman_klass',
      [8],
      [
        volatilityOf(8, 0, (bar) =>
          mean(
            window(
              bars((i) => log(high, low, i) ** 2 / 2 - (2 * Math.log(2) - 1) * log(close, open, i) ** 2),
              bar,
              8,
            ),
          ),
        ),
      ],
    ],
    ['volatility_yang_zhang', [8], [volatilityOf(8, 1, (bar) => yangZhang(bar, 8))]],
  ];
}

describe('indicators of candles equal their definition, computed at each bar from nothing', () => {
  it.each(expectedColumns())('%s %j', (name, params, columns) => {
    const definition = named(name);
    const actual = definition.compute(inputsFrom(definition, candles), params);
    expect(actual).toHaveLength(columns.length);
    for (const [index, expected] of columns.entries()) {
      const largest = Math.max(...expected.filter((value) => !Number.isNaN(value)).map(Math.abs));
      const scale = new Float64Array(BARS).fill(largest);
      expect(mismatches(actual[index] ?? new Float64Array(0), Float64Array.from(expected), 1e-9, scale)).toEqual([]);
    }
  });
});
