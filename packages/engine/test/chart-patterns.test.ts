import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IndicatorDefinition } from '../src/indicators/indicator-definition.ts';
import { breakout } from '../src/patterns/chart/breakout.ts';
import { CHART_PATTERNS } from '../src/patterns/chart/catalogue.ts';
import { doubleTopBottom } from '../src/patterns/chart/double-top-bottom.ts';
import { supportResistance } from '../src/patterns/chart/support-resistance.ts';
import { swings } from '../src/patterns/chart/swings.ts';
import { triangle } from '../src/patterns/chart/triangle.ts';
import { anyCandles } from './support/made-up-candles.ts';

/** Columns of a pattern on candles without shadows or bodies: high = low = close. */
function onPrices(definition: IndicatorDefinition, prices: readonly number[], params: readonly number[]): number[][] {
  const column = Float64Array.from(prices);
  return definition
    .compute(
      definition.candle_inputs.map(() => column),
      params,
    )
    .map((values) => Array.from(values));
}

/** The bars at which a pattern says something, with what it says. */
function spoken(values: readonly number[] = []): [bar: number, value: number][] {
  return values.flatMap((value, bar): [number, number][] => (value ? [[bar, value]] : []));
}

/** Prices that go in straight lines of `steps` bars from each turning point to the next. */
function zigzag(turns: readonly number[], steps = 4): number[] {
  const prices = turns.slice(1).flatMap((to, leg) => {
    const from = turns[leg] ?? NaN;
    return Array.from({ length: steps }, (_, step) => from + ((to - from) * step) / steps);
  });
  return [...prices, turns.at(-1) ?? NaN];
}

describe('swings', () => {
  it('are known only when the bars to their right have closed', () => {
    const [high] = onPrices(swings, [1, 2, 3, 2, 1, 2], [2, 2]);
    expect(high).toEqual([NaN, NaN, NaN, NaN, 3, 3]);
  });

  it('count the first of equal highs', () => {
    const [, , age] = onPrices(swings, [1, 3, 3, 1, 1], [1, 1]);
    expect(age).toEqual([NaN, NaN, 1, 2, 3]);
  });
});

describe('support and resistance', () => {
  it('are the levels at which prices turned twice, nearest to the close', () => {
    const prices = zigzag([15, 20, 10, 20.05, 10.05, 15]);
    const [support, resistance] = onPrices(supportResistance, prices, [2, 2, 1, 2]);
    expect(support?.at(-1)).toBeCloseTo(10.025, 12);
    expect(resistance?.at(-1)).toBeCloseTo(20.025, 12);
  });

  it('are not there after one turn', () => {
    const [support, resistance] = onPrices(supportResistance, zigzag([15, 20, 10, 15]), [2, 2, 1, 2]);
    expect([support?.at(-1), resistance?.at(-1)]).toEqual([NaN, NaN]);
  });
});

describe('breakout', () => {
  it('is a close beyond the range of the bars before, by more than the buffer', () => {
    expect(onPrices(breakout, [1, 2, 1, 2, 2.1, 0.5], [3, 0])[0]).toEqual([NaN, NaN, NaN, 0, 100, -100]);
    expect(onPrices(breakout, [1, 2, 1, 2, 2.1, 0.5], [3, 10])[0]).toEqual([NaN, NaN, NaN, 0, 0, -100]);
  });
});

describe('double tops and bottoms', () => {
  it('are confirmed by the close that breaks the extreme between, once', () => {
    const prices = zigzag([10, 20, 15, 20.1, 12]);
    const [value] = onPrices(doubleTopBottom, prices, [2, 2, 1]);
    const breaking = prices.findIndex((price, bar) => bar > 12 && price < 15);
    expect(spoken(value)).toEqual([[breaking, -100]]);
  });

  it('mirror each other', () => {
    const prices = zigzag([30, 20, 25, 19.9, 28]);
    expect(spoken(onPrices(doubleTopBottom, prices, [2, 2, 1])[0]).map(([, value]) => value)).toEqual([100]);
  });

  it('are none where the second top is higher by more than the tolerance', () => {
    expect(spoken(onPrices(doubleTopBottom, zigzag([10, 20, 15, 21, 12]), [2, 2, 1])[0])).toEqual([]);
  });
});

describe('triangles', () => {
  const kindsOf = (turns: readonly number[]) =>
    new Set(spoken(onPrices(triangle, zigzag(turns), [2, 2, 0.5])[1]).map(([, kind]) => kind));

  it('ascend under a flat top, descend over a flat bottom, and close in symmetrically', () => {
    expect(kindsOf([10, 20, 12, 20, 14, 18])).toContain(1);
    expect(kindsOf([12, 18, 10, 16, 10, 13])).toContain(-1);
    expect(kindsOf([15, 20, 10, 18, 12, 15])).toContain(2);
    expect(kindsOf([15, 16, 14, 18, 12, 20, 10])).toEqual(new Set());
  });

  it('end with the close that leaves them', () => {
    const prices = zigzag([10, 20, 12, 20, 14, 26]);
    const [value, kind] = onPrices(triangle, prices, [2, 2, 0.5]);
    const leaving = value?.indexOf(100) ?? -1;
    expect(prices[leaving]).toBeGreaterThan(20);
    expect(prices[leaving - 1]).toBeLessThanOrEqual(20);
    expect(kind?.slice(leaving + 1)).toEqual(prices.slice(leaving + 1).map(() => 0));
  });
});

describe('chart patterns', () => {
  it.each(CHART_PATTERNS)('$name never changes what it said when more bars come', (definition) => {
    fc.assert(
      fc.property(anyCandles, fc.double({ min: 0, max: 1, noNaN: true }), (candles, share) => {
        const params = definition.params.map(({ type, default: value = 1 }) => (type === 'period' ? 2 : value));
        const inputs = definition.candle_inputs.map((column) => candles[column]);
        const bars = Math.floor(share * candles.close.length);
        const whole = definition.compute(inputs, params);
        const prefix = definition.compute(
          inputs.map((column) => column.slice(0, bars)),
          params,
        );
        expect(prefix).toEqual(whole.map((column) => column.slice(0, bars)));
      }),
      { numRuns: 50 },
    );
  });
});
