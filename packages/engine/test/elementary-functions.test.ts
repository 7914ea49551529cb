import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exp, expm1 } from '../src/math/exponential.ts';
import { log, log1p } from '../src/math/logarithm.ts';
import { power } from '../src/math/power.ts';

const finite = (min: number, max: number) => fc.double({ min, max, noNaN: true });

/** Whether two numbers are at most so many units in the last place of a number apart, which those of the language are within, too. */
function near(a: number, b: number, units = 2): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= units * Number.EPSILON * Math.abs(b) + units * Number.MIN_VALUE;
}

describe('the exponential and the logarithm', () => {
  it('agree with those of the language but for the last bit', () => {
    fc.assert(
      fc.property(finite(-750, 712), finite(-0.5, 0.5), (x, small) => {
        expect(near(exp(x), Math.exp(x)), `exp(${x})`).toBe(true);
        expect(near(expm1(small), Math.expm1(small)), `expm1(${small})`).toBe(true);
        expect(near(log1p(small), Math.log1p(small)), `log1p(${small})`).toBe(true);
      }),
    );
    fc.assert(fc.property(finite(0, Number.MAX_VALUE), (x) => near(log(x), Math.log(x))));
  });

  it('are exact where the result is', () => {
    expect([exp(0), exp(1), log(1), log(Math.E), expm1(0), log1p(0)]).toEqual([1, Math.E, 0, 1, 0, 0]);
    expect([exp(Infinity), exp(-Infinity), log(Infinity), log(0)]).toEqual([Infinity, 0, Infinity, -Infinity]);
    expect([exp(NaN), log(NaN), log(-1), log1p(-2), expm1(NaN)]).toEqual([NaN, NaN, NaN, NaN, NaN]);
    expect([exp(709.79), exp(-745.2), log1p(-1)]).toEqual([Infinity, 0, -Infinity]);
  });
});

describe('a power', () => {
  it('agrees with that of the language, less exactly the larger it is', () => {
    fc.assert(
      fc.property(finite(1e-6, 1e6), finite(-20, 20), (a, b) =>
        near(power(a, b), a ** b, 2 + Math.abs(b * Math.log(a))),
      ),
    );
  });

  it('is multiplied out for whole and half exponents', () => {
    expect([power(-2, 3), power(4, 1.5), power(4, -0.5), power(9, 0.5)]).toEqual([-8, 8, 0.5, 3]);
    expect([power(5, 0), power(0, -1), power(0, 0.3), power(-2, 51)]).toEqual([1, Infinity, 0, -(2 ** 51)]);
    expect([power(-8, 1 / 3), power(NaN, 1), power(1, NaN)]).toEqual([NaN, NaN, NaN]);
  });
});
