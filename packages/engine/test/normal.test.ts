import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { erfc, inverseNormalCdf, normalCdf, normalPdf } from '../src/math/normal.ts';
import { relativeError } from './support/relative-error.ts';

/** From mpmath with 60 digits. */
const CDF = [
  [-38, 2.88542835e-316],
  [-37, 5.725571222524577e-300],
  [-20, 2.7536241186062337e-89],
  [-8, 6.220960574271784e-16],
  [-1.96, 0.024997895148220435],
  [-0.5, 0.3085375387259869],
  [1e-9, 0.5000000003989423],
  [3, 0.9986501019683699],
] as const;

const QUANTILES = [
  [1e-300, -37.0470962993612],
  [1e-20, -9.262340089798407],
  [0.001, -3.0902323061678136],
  [0.025, -1.9599639845400543],
  [0.075, -1.439531470938456],
  [0.3, -0.5244005127080408],
  [0.95, 1.6448536269514722],
  [0.999999, 4.753424308817087],
] as const;

const ERFC = [
  [-2, 1.9953222650189528],
  [0.1, 0.887537083981715],
  [1, 0.15729920705028513],
  [5, 1.537459794428035e-12],
  [26, 5.663192408856143e-296],
] as const;

describe('the normal distribution', () => {
  test.each(CDF)('has the probability below %f to full relative accuracy', (x, expected) => {
    expect(relativeError(normalCdf(x), expected)).toBeLessThan(expected < 1e-307 ? 1e-7 : 1e-15);
  });

  test.each(QUANTILES)('has the quantile of %f to full relative accuracy', (p, expected) => {
    expect(relativeError(inverseNormalCdf(p), expected)).toBeLessThan(1e-15);
  });

  test.each(ERFC)('has erfc(%f) to full relative accuracy', (x, expected) => {
    expect(relativeError(erfc(x), expected)).toBeLessThan(1e-15);
  });

  test('ends where doubles end', () => {
    expect([normalCdf(-Infinity), normalCdf(-60), normalCdf(60), normalCdf(Infinity)]).toEqual([0, 0, 1, 1]);
    expect([inverseNormalCdf(0), inverseNormalCdf(1)]).toEqual([-Infinity, Infinity]);
    expect(inverseNormalCdf(0.5)).toBe(0);
    expect([normalCdf(NaN), inverseNormalCdf(NaN), inverseNormalCdf(-0.1), inverseNormalCdf(1.1)]).toEqual(
      Array.from({ length: 4 }, () => NaN),
    );
    expect(normalPdf(Infinity)).toBe(0);
  });

  test('is its own inverse, rises, and mirrors at 0', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 0.5, noNaN: true }), (p) => {
        // An error of x moves p by x times itself, relatively.
        const x = inverseNormalCdf(p);
        expect(relativeError(normalCdf(x), p)).toBeLessThan(4e-16 * (1 + x * x));
        expect(inverseNormalCdf(normalCdf(x - 0.01))).toBeLessThan(x);
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.double({ min: -8, max: 8, noNaN: true }), (x) => {
        expect(normalCdf(x) + normalCdf(-x)).toBeCloseTo(1, 14);
        expect(erfc(x) + erfc(-x)).toBeCloseTo(2, 14);
      }),
      { numRuns: 300 },
    );
  });
});
