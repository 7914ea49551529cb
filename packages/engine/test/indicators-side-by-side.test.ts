import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atr } from '../src/indicators/atr.ts';
import { bollinger } from '../src/indicators/bollinger.ts';
import type { IndicatorDefinition } from '../src/indicators/indicator-definition.ts';
import { macd } from '../src/indicators/macd.ts';
import { rsi } from '../src/indicators/rsi.ts';
import { named, walkingCandles } from './support/any-indicator.ts';
import { fixedRandom } from './support/made-up-candles.ts';

/** The definition value by value: nothing side by side. */
function valueByValue(definition: IndicatorDefinition, inputs: readonly Float64Array[], params: readonly number[]) {
  const stream = definition.stream(params);
  const columns = definition.outputs.map(() => new Float64Array(inputs[0]?.length ?? 0));
  for (let i = 0; i < (columns[0]?.length ?? 0); i++) {
    const values = stream.update(inputs.map((input) => input[i] ?? NaN));
    for (const [k, column] of columns.entries()) column[i] = values[k] ?? NaN;
  }
  return columns;
}

/** Index of the first number that differs in its bits, NaN being NaN; -1 where none does. */
function firstDifference(actual: Float64Array, expected: Float64Array | undefined): number {
  return actual.findIndex((value, i) => !Object.is(value, expected?.[i]));
}

type MakeSeries = (length: number, random: () => number) => Float64Array;

/** Long series of which some are as their makers of averages would not like them. */
const SERIES: Readonly<Record<string, MakeSeries>> = {
  'a walk': (length, random) => {
    let price = 100;
    return Float64Array.from({ length }, () => {
      price *= 1 + (random() - 0.5) * 0.01;
      return price;
    });
  },
  'a walk on a grid of cents': (length, random) => {
    let cents = 10_000;
    return Float64Array.from({ length }, () => {
      cents += Math.round((random() - 0.5) * 6);
      return cents / 100;
    });
  },
  'a constant': (length) => new Float64Array(length).fill(0.1),
  'a ramp': (length) => Float64Array.from({ length }, (_, i) => 100 + i * 0.1),
  'long stillness between jumps': (length, random) => {
    let price = 100;
    return Float64Array.from({ length }, (_, i) => {
      if (i % 977 === 0) price = 1 + random() * 1e6;
      return price;
    });
  },
  'jumps of all sizes': (length, random) => Float64Array.from({ length }, () => 10 ** Math.floor(random() * 24 - 12)),
};

/** Numbers that are not finite at some places of a long series, or none. */
const anyHoles = fc.array(fc.record({ at: fc.nat(30_000), hole: fc.constantFrom(NaN, Infinity, -Infinity) }), {
  maxLength: 3,
});

const anyLong = fc.record({
  make: fc.constantFrom(...Object.values(SERIES)),
  seed: fc.nat(1e6),
  length: fc.integer({ min: 15_000, max: 25_000 }),
  holes: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: anyHoles }),
  period: fc.integer({ min: 2, max: 21 }),
});

function seriesOf({ make, seed, length, holes }: typeof anyLong extends fc.Arbitrary<infer Case> ? Case : never) {
  const values = make(length, fixedRandom(seed));
  for (const { at, hole } of holes) if (at < length) values[at] = hole;
  return values;
}

describe('indicators of long series', () => {
  it('give RSI with the bits of its definition', () => {
    fc.assert(
      fc.property(anyLong, (long) => {
        const values = seriesOf(long);
        const [expected] = valueByValue(named('rsi'), [values], [long.period]);
        expect(firstDifference(rsi(values, long.period), expected)).toBe(-1);
        expect(firstDifference(named('rsi').compute([values], [long.period])[0] ?? values, expected)).toBe(-1);
      }),
      { numRuns: 40 },
    );
  });

  it('give MACD with the bits of its definition', () => {
    fc.assert(
      fc.property(anyLong, (long) => {
        const values = seriesOf(long);
        const periods = { fast: long.period, slow: long.period + 7, signal: 5 };
        const expected = valueByValue(named('macd'), [values], [long.period, long.period + 7, 5]);
        const columns = macd(values, periods);
        expect(firstDifference(columns.macd, expected[0])).toBe(-1);
        expect(firstDifference(columns.signal, expected[1])).toBe(-1);
        expect(firstDifference(columns.histogram, expected[2])).toBe(-1);
      }),
      { numRuns: 40 },
    );
  });

  it('give ATR with the bits of its definition', () => {
    fc.assert(
      fc.property(anyLong, fc.constantFrom('high', 'low', 'close'), ({ seed, length, holes, period }, name) => {
        const candles = walkingCandles(length, seed);
        for (const { at, hole } of holes) if (at < length) candles[name][at] = hole;
        const { high, low, close } = candles;
        const [expected] = valueByValue(named('atr'), [high, low, close], [period]);
        expect(firstDifference(atr(candles, period), expected)).toBe(-1);
      }),
      { numRuns: 30 },
    );
  });

  it('give Bollinger bands with the bits of their definition', () => {
    fc.assert(
      fc.property(anyLong, (long) => {
        const values = seriesOf(long);
        const expected = valueByValue(named('bbands'), [values], [long.period, 2]);
        const { upper, middle, lower } = bollinger(values, long.period, 2);
        expect(firstDifference(upper, expected[0])).toBe(-1);
        expect(firstDifference(middle, expected[1])).toBe(-1);
        expect(firstDifference(lower, expected[2])).toBe(-1);
      }),
      { numRuns: 40 },
    );
  });

  it('are written where the caller wants them', () => {
    const { high, low, close } = walkingCandles(20_000, 1);
    const into = () => new Float64Array(close.length).fill(7);
    const [one, two, three] = [into(), into(), into()];
    expect(rsi(close, 14, one)).toBe(one);
    expect(one).toEqual(rsi(close, 14));
    expect(atr({ high, low, close }, 14, two)).toBe(two);
    expect(two).toEqual(atr({ high, low, close }, 14));
    const bands = bollinger(close, 20, 2, { upper: one, middle: two, lower: three });
    expect(bands).toEqual(bollinger(close, 20, 2));
    expect(bands.lower).toBe(three);
    const periods = { fast: 12, slow: 26, signal: 9 };
    expect(macd(close, periods, { macd: one, signal: two, histogram: three })).toEqual(macd(close, periods));
  });

  it('refuse a column of another length, or one that is the input', () => {
    const { close } = walkingCandles(100, 1);
    expect(() => rsi(close, 14, new Float64Array(99))).toThrow('it must have 100');
    expect(() => rsi(close, 14, close)).toThrow('overlaps an input');
  });
});
