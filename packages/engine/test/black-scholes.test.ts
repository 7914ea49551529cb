import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../src/engine-error.ts';
import { blackScholes, blackScholesPrice, secondOrderGreeks } from '../src/options/black-scholes.ts';
import type { OptionTerms } from '../src/options/option-terms.ts';
import { readBlackScholesReference, termsOf } from './support/black-scholes-reference.ts';
import { referenceDataPresent, referenceTitle } from './support/reference-data.ts';

const TERMS: OptionTerms = { right: 'call', spot: 100, strike: 105, years: 0.5, rate: 0.04, dividend_yield: 0.01 };
const VALUES = ['price', 'delta', 'gamma', 'vega', 'theta', 'rho'] as const;

describe.skipIf(!referenceDataPresent)(referenceTitle('Black-Scholes-Merton against 60-digit references'), () => {
  it('agrees to 12 digits in price and every Greek, however far out of the money', () => {
    let worst = 0;
    for (const reference of readBlackScholesReference().cases) {
      for (const right of ['call', 'put'] as const) {
        const value = blackScholes(termsOf(reference, right), reference.sigma);
        for (const name of VALUES) {
          const expected = reference[right][name];
          const error = Math.abs(value[name] - expected) / Math.abs(expected || 1);
          worst = Math.max(worst, error);
        }
      }
    }
    expect(worst).toBeLessThan(1e-12);
  });

  it('is the discounted intrinsic value without time or volatility', () => {
    for (const limit of readBlackScholesReference().limits) {
      expect(blackScholesPrice(termsOf(limit, 'call'), limit.sigma)).toBeCloseTo(limit.call_price, 12);
      expect(blackScholesPrice(termsOf(limit, 'put'), limit.sigma)).toBeCloseTo(limit.put_price, 12);
    }
  });
});

describe('Black-Scholes-Merton', () => {
  const anyTerms = fc.record({
    right: fc.constantFrom('call' as const, 'put' as const),
    spot: fc.double({ min: 50, max: 200, noNaN: true }),
    strike: fc.double({ min: 50, max: 200, noNaN: true }),
    years: fc.double({ min: 0.01, max: 5, noNaN: true }),
    rate: fc.double({ min: -0.05, max: 0.15, noNaN: true }),
    dividend_yield: fc.double({ min: 0, max: 0.1, noNaN: true }),
  });
  const anyVolatility = fc.double({ min: 0.05, max: 1.5, noNaN: true });

  it('keeps put-call parity', () => {
    fc.assert(
      fc.property(anyTerms, anyVolatility, (terms, volatility) => {
        const call = blackScholesPrice({ ...terms, right: 'call' }, volatility);
        const put = blackScholesPrice({ ...terms, right: 'put' }, volatility);
        const { spot, strike, years, rate, dividend_yield } = terms;
        const forward = spot * Math.exp(-dividend_yield * years) - strike * Math.exp(-rate * years);
        expect(call - put).toBeCloseTo(forward, 9);
      }),
    );
  });

  it('has the second derivatives that differences of its Greeks show', () => {
    fc.assert(
      fc.property(anyTerms, anyVolatility, (terms, volatility) => {
        const step = 1e-4;
        const difference = (of: (shift: number) => number) => (of(step) - of(-step)) / (2 * step);
        const greeks = secondOrderGreeks(terms, volatility);
        const scale = 1 + Math.abs(greeks.vanna) + Math.abs(greeks.volga) + Math.abs(greeks.charm);
        const close = (value: number, expected: number) =>
          expect(Math.abs(value - expected)).toBeLessThan(1e-3 * scale);
        close(
          greeks.vanna,
          difference((shift) => blackScholes(terms, volatility + shift).delta),
        );
        close(
          greeks.volga,
          difference((shift) => blackScholes(terms, volatility + shift).vega),
        );
        close(
          greeks.charm,
          difference((shift) => -blackScholes({ ...terms, years: terms.years + shift }, volatility).delta),
        );
      }),
    );
  });

  it('has the Greeks of the intrinsic value once expired, and the mean of both sides at its kink', () => {
    expect(blackScholes({ ...TERMS, spot: 110, years: 0 }, 0.2)).toMatchObject({
      price: 5,
      delta: 1,
      gamma: 0,
      vega: 0,
    });
    expect(blackScholes({ ...TERMS, right: 'put', spot: 110, years: 0 }, 0.2)).toMatchObject({ price: 0, delta: -0 });
    expect(blackScholes({ ...TERMS, spot: 105, years: 0 }, 0.2)).toMatchObject({ price: 0, delta: 0.5 });
  });

  it.each([
    ['spot', { ...TERMS, spot: 0 }, 0.2],
    ['spot', { ...TERMS, spot: NaN }, 0.2],
    ['strike', { ...TERMS, strike: -1 }, 0.2],
    ['years', { ...TERMS, years: -0.1 }, 0.2],
    ['rate', { ...TERMS, rate: Infinity }, 0.2],
    ['dividend_yield', { ...TERMS, dividend_yield: NaN }, 0.2],
    ['volatility', TERMS, -0.2],
  ])('refuses a %s that makes no sense', (field, terms, volatility) => {
    expect(() => blackScholes(terms, volatility)).toThrow(EngineError);
    expect(() => blackScholes(terms, volatility)).toThrow(field);
  });
});
