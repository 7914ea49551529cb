import type { StrategyParameters } from '@tradebase/contracts';
import { describe, expect, it } from 'vitest';
import { analyseSensitivity } from '../src/optimiser/analyse-sensitivity.ts';
import { createGridSearcher } from '../src/optimiser/grid-searcher.ts';
import { createRandomSearcher } from '../src/optimiser/random-searcher.ts';
import type { ScoredPoint } from '../src/optimiser/scored-point.ts';
import { createSearchSpace } from '../src/optimiser/search-space.ts';

const PARAMETERS: StrategyParameters = {
  fast: { type: 'integer', default: 1, min: 1, max: 9, step: 1 },
  slow: { type: 'integer', default: 1, min: 1, max: 9, step: 1 },
  side: { type: 'choice', default: 'long', choices: ['long', 'short'] },
};
const SPACE = createSearchSpace(PARAMETERS, { fast: {}, slow: {}, side: {} });

type Values = { fast: number; slow: number; side: string };

function gridOf(score: (values: Values) => number | null): ScoredPoint[] {
  return createGridSearcher(SPACE, { sample: null, seed: 1 })
    .ask(1000)
    .map(({ values }) => ({ values, value: score(values as Values) }));
}

function analyse(points: readonly ScoredPoint[]) {
  const best = points.reduce((most, { value }, at) => ((value ?? -1e9) > (points[most]?.value ?? -1e9) ? at : most), 0);
  return analyseSensitivity(SPACE, points, { best, toShown: (value) => value });
}

describe('The plateau score', () => {
  const centred = (fast: number, slow: number) => Math.max(Math.abs(fast - 5), Math.abs(slow - 5));

  it('is 1 where all around the best is as good', () => {
    const { plateau } = analyse(gridOf(({ fast, slow }) => (centred(fast, slow) <= 2 ? 1 : 0)));
    // The best of equals is the first: at a corner of the plateau, with 3 of its 8 neighbours on it.
    expect(plateau).toEqual({ value: 3 / 8, reason: null, neighbours: 8 });
    const flat = analyse(
      gridOf(({ fast, slow }) => (centred(fast, slow) === 0 ? 1 + 1e-9 : centred(fast, slow) <= 2 ? 1 : 0)),
    );
    expect(flat.plateau.value).toBeCloseTo(1, 6);
  });

  it('is 0 for a peak that stands alone, and below 0 in a hole', () => {
    expect(analyse(gridOf(({ fast, slow }) => (centred(fast, slow) === 0 ? 1 : 0))).plateau.value).toBeCloseTo(0, 12);
    const hole = gridOf(({ fast, slow }) =>
      centred(fast, slow) === 0 ? 2 : centred(fast, slow) === 1 ? null : fast / 9,
    );
    expect(analyse(hole).plateau.value).toBeLessThan(0);
  });

  it('has a reason where it has no value', () => {
    expect(analyse(gridOf(() => 1)).plateau).toMatchObject({ value: null, reason: expect.stringContaining('median') });
    const [alone] = gridOf(() => 1);
    if (alone === undefined) throw new Error('the grid is empty');
    expect(analyse([alone]).plateau).toEqual({ value: null, reason: 'no trial is near the point', neighbours: 0 });
  });
});

describe('Heat maps', () => {
  it('hold the best of all trials of a pair, and null where there is none', () => {
    const points = gridOf(({ fast, slow, side }) =>
      fast < slow ? 10 * fast + slow + (side === 'long' ? 0.5 : 0) : null,
    );
    const map = analyse(points).heat_maps.find(({ x, y }) => [x.name, y.name].sort().join() === 'fast,slow');
    if (map === undefined) throw new Error('the pair has no map');
    map.y.values.forEach((yValue, row) => {
      map.x.values.forEach((xValue, column) => {
        const [fast, slow] =
          map.x.name === 'fast' ? [Number(xValue), Number(yValue)] : [Number(yValue), Number(xValue)];
        expect(map.values[row]?.[column]).toBe(fast < slow ? 10 * fast + slow + 0.5 : null);
      });
    });
  });

  it('group the values of a parameter that has many', () => {
    const wide = createSearchSpace(
      {
        a: { type: 'number', default: 0, min: 0, max: 1 },
        b: { type: 'integer', default: 1, min: 1, max: 1000, step: 1 },
      },
      { a: {}, b: {} },
    );
    const points = createRandomSearcher(wide, { sequence: 'low_discrepancy', seed: 1 })
      .ask(2000)
      .map(({ values }) => ({ values, value: Number(values.a) }));
    const [map] = analyseSensitivity(wide, points, { best: 0, toShown: (value) => -value }).heat_maps;
    expect(map?.x.values).toHaveLength(40);
    expect(map?.values).toHaveLength(40);
    expect(JSON.stringify(map).length).toBeLessThan(50_000);
  });
});

describe('The importance of parameters', () => {
  it('goes to the one that decides, and not to those that do nothing', () => {
    const { importance } = analyse(gridOf(({ fast }) => fast * fast));
    expect(importance[0]).toEqual({ name: 'fast', share: expect.closeTo(1, 2) });
    for (const { share } of importance.slice(1)) expect(share).toBeLessThan(0.02);
  });

  it('is shared by those that decide together', () => {
    const { importance } = analyse(gridOf(({ fast, slow }) => fast + slow));
    const shares = Object.fromEntries(importance.map(({ name, share }) => [name, share]));
    expect(shares.fast).toBeCloseTo(0.5, 1);
    expect(shares.slow).toBeCloseTo(0.5, 1);
    expect(shares.side).toBeLessThan(0.02);
  });

  it('is unknown where there are too few trials', () => {
    expect(analyse(gridOf(() => 1).slice(0, 1)).importance.every(({ share }) => share === null)).toBe(true);
  });
});
