import type { SearchSpaceSpec, StrategyParameters } from '@tradebase/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { levelCount, unitOfValue, valueAtUnit } from '../src/optimiser/dimension.ts';
import { createGridSearcher } from '../src/optimiser/grid-searcher.ts';
import {
  createSearchSpace,
  gridSize,
  indexOfPoint,
  pointAtIndex,
  pointAtUnits,
} from '../src/optimiser/search-space.ts';

const PARAMETERS: StrategyParameters = {
  fast: { type: 'integer', default: 10, min: 2, max: 50, step: 1 },
  slow: { type: 'integer', default: 30, min: 10, max: 200, step: 10 },
  threshold: { type: 'number', default: 0.5, min: 0, max: 1 },
  decay: { type: 'number', default: 0.01, min: 0.0001, max: 1, log: true },
  long_only: { type: 'boolean', default: true },
  average: { type: 'choice', default: 'sma', choices: ['sma', 'ema', 'wma'] },
};

function space(search: SearchSpaceSpec) {
  return createSearchSpace(PARAMETERS, search);
}

describe('A search space', () => {
  it('enumerates every combination once, the last parameter fastest', () => {
    const grid = space({ slow: { values: [20, 10] }, long_only: {}, average: {} });
    const points = Array.from({ length: gridSize(grid) }, (_, index) => pointAtIndex(grid, index));
    expect(points).toHaveLength(2 * 2 * 3);
    expect(new Set(points.map((point) => JSON.stringify(point))).size).toBe(12);
    expect(points.slice(0, 4).map(({ slow, long_only, average }) => [slow, long_only, average])).toEqual([
      [10, false, 'sma'],
      [10, false, 'ema'],
      [10, false, 'wma'],
      [10, true, 'sma'],
    ]);
    points.forEach((point, index) => {
      expect(indexOfPoint(grid, point)).toBe(index);
    });
  });

  it('keeps what is not searched at the value of the study, else at its default', () => {
    const made = createSearchSpace(PARAMETERS, { fast: {}, slow: 50 }, { average: 'wma' });
    expect(made.fixed).toEqual({ slow: 50, threshold: 0.5, decay: 0.01, long_only: true, average: 'wma' });
    expect(made.size).toBe(49);
  });

  it('takes a range that ends where its steps end, without the dust of binary fractions', () => {
    const grid = space({ threshold: { min: 0, max: 0.3, step: 0.1 } });
    expect(Array.from({ length: gridSize(grid) }, (_, index) => pointAtIndex(grid, index).threshold)).toEqual([
      0, 0.1, 0.2, 0.3,
    ]);
  });

  it('maps the unit cube onto its values and back', () => {
    const all = space({ fast: {}, slow: { log: true }, threshold: {}, decay: {}, long_only: {}, average: {} });
    const anyUnit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(anyUnit, { minLength: 6, maxLength: 6 }), (units) => {
        const values = pointAtUnits(all, units);
        all.dimensions.forEach((dimension) => {
          const value = values[dimension.name];
          const unit = value === undefined ? undefined : unitOfValue(dimension, value);
          expect(unit).toBeGreaterThanOrEqual(0);
          expect(unit).toBeLessThanOrEqual(1);
          const again = valueAtUnit(dimension, unit ?? Number.NaN);
          if (dimension.kind === 'continuous') expect(again).toBeCloseTo(Number(value), 9);
          else expect(again).toBe(value);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('gives each level an equal share of the unit interval', () => {
    const [dimension] = space({ fast: { min: 1 + 1, max: 6 } }).dimensions;
    if (dimension === undefined) throw new Error('nothing is searched');
    const counts = new Map<unknown, number>();
    for (let at = 0; at < 1000; at++) {
      const value = valueAtUnit(dimension, (at + 0.5) / 1000);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect(levelCount(dimension)).toBe(5);
    expect([...counts.values()]).toEqual([200, 200, 200, 200, 200]);
  });

  it.each<[string, SearchSpaceSpec, RegExp]>([
    ['an unknown name', { fats: {} }, /no parameter fats; did you mean fast\?/],
    ['a name like no other', { zzzzzz: {} }, /no parameter zzzzzz; it has fast, slow/],
    ['nothing to search', {}, /nothing is searched/],
    ['one value only', { fast: { values: [5, 5] } }, /nothing is searched/],
    ['a value out of bounds', { fast: { values: [1, 5] } }, /fast cannot be 1; it is a whole number from 2 to 50/],
    ['a fraction of an integer', { fast: { values: [2.5, 5] } }, /fast cannot be 2.5/],
    ['NaN', { threshold: { min: Number.NaN, max: 1 } }, /threshold cannot be NaN; it is a number from 0 to 1/],
    ['an infinite end', { threshold: { max: Number.POSITIVE_INFINITY } }, /threshold cannot be Infinity/],
    ['a range the wrong way round', { fast: { min: 9, max: 3 } }, /searched from 9 to 3; min must not be above max/],
    ['a fractional step of an integer', { fast: { step: 0.5 } }, /fast has step 0.5; it must be a whole number/],
    ['a logarithmic range from 0', { threshold: { log: true } }, /needs a min above 0/],
    ['a range of words', { average: { min: 1 } }, /average is a choice and has no min/],
    ['a word that is no choice', { average: { values: ['sma', 'hull'] } }, /average cannot be "hull"/],
  ])('refuses %s', (_, search, message) => {
    expect(() => space(search)).toThrow(expect.objectContaining({ code: 'invalid_search_space' }));
    expect(() => space(search)).toThrow(message);
  });

  it('refuses a grid of 10^9 points, but samples it', () => {
    const wide: StrategyParameters = Object.fromEntries(
      ['a', 'b', 'c'].map((name) => [name, { type: 'integer', default: 1, min: 1, max: 1000, step: 1 }]),
    );
    const huge = createSearchSpace(wide, { a: {}, b: {}, c: {} });
    expect(huge.size).toBe(1e9);
    expect(() => createGridSearcher(huge, { sample: null, seed: 1 })).toThrow(
      /the grid has 1000000000 points and a study at most 1000000/,
    );
    const sample = createGridSearcher(huge, { sample: 500, seed: 1 }).ask(1000);
    expect(new Set(sample.map(({ values }) => indexOfPoint(huge, values))).size).toBe(500);
    const firstThird = sample.filter(({ values }) => Number(values.a) <= 333).length;
    expect(firstThird).toBeGreaterThan(120);
    expect(firstThird).toBeLessThan(215);
  });

  it('refuses a grid over any number, which has no end', () => {
    expect(() => gridSize(space({ threshold: {} }))).toThrow(/threshold can be any number/);
  });
});
