import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blackScholesPrice } from '../src/options/black-scholes.ts';
import { impliedVolatility } from '../src/options/implied-volatility.ts';
import type { OptionTerms } from '../src/options/option-terms.ts';
import { readBlackScholesReference, termsOf } from './support/black-scholes-reference.ts';
import { referenceDataPresent, referenceTitle } from './support/reference-data.ts';

const CALL: OptionTerms = { right: 'call', spot: 100, strike: 90, years: 1, rate: 0, dividend_yield: 0 };
const PUT: OptionTerms = { ...CALL, right: 'put' };

describe.skipIf(!referenceDataPresent)(referenceTitle('implied volatility against 60-digit references'), () => {
  it('is as accurate as the last digit of the price lets it be', () => {
    for (const reference of readBlackScholesReference().cases) {
      for (const right of ['call', 'put'] as const) {
        const value = reference[right];
        const solved = impliedVolatility(termsOf(reference, right), value.price);
        if (value.implied_vol_of_price === null) {
          expect(solved).toEqual({ volatility: null, reason: 'undetermined' });
          continue;
        }
        const error = Math.abs((solved.volatility ?? NaN) / value.implied_vol_of_price - 1);
        const attainable = Math.max(1e-12, 3 * value.implied_vol_rel_error_per_half_ulp_of_price);
        expect(error, `case ${reference.id}, ${right}`).toBeLessThanOrEqual(attainable);
      }
    }
  });
});

describe('implied volatility', () => {
  it('gives the price back wherever it finds one', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('call' as const, 'put' as const),
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: 0.001, max: 30, noNaN: true }),
        fc.double({ min: 0.001, max: 5, noNaN: true }),
        (right, logMoneyness, years, volatility) => {
          const terms = {
            right,
            spot: 100 * Math.exp(logMoneyness),
            strike: 100,
            years,
            rate: 0.03,
            dividend_yield: 0.01,
          };
          const price = blackScholesPrice(terms, volatility);
          const solved = impliedVolatility(terms, price);
          if (solved.volatility === null) {
            // The price is 0, all intrinsic value, or as far as a double can tell at its bound.
            expect(['below_intrinsic_value', 'undetermined', 'above_bound']).toContain(solved.reason);
          } else {
            expect(Math.abs(blackScholesPrice(terms, solved.volatility) - price)).toBeLessThanOrEqual(1e-12 * price);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('says why there is none', () => {
    expect(impliedVolatility(CALL, 9.99)).toEqual({ volatility: null, reason: 'below_intrinsic_value' });
    expect(impliedVolatility(PUT, 0)).toEqual({ volatility: null, reason: 'below_intrinsic_value' });
    expect(impliedVolatility(CALL, 100)).toEqual({ volatility: null, reason: 'above_bound' });
    expect(impliedVolatility(PUT, 90)).toEqual({ volatility: null, reason: 'above_bound' });
    expect(impliedVolatility(CALL, 10)).toEqual({ volatility: null, reason: 'undetermined' });
    expect(impliedVolatility({ ...CALL, years: 0 }, 10)).toEqual({ volatility: null, reason: 'expired' });
  });

  it('refuses a price that is no number', () => {
    expect(() => impliedVolatility(CALL, NaN)).toThrow('price is NaN');
    expect(() => impliedVolatility(CALL, -1)).toThrow('price is -1');
  });
});
