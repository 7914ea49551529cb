import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { americanOption } from '../src/options/american-option.ts';
import { blackScholes, blackScholesPrice } from '../src/options/black-scholes.ts';
import type { OptionTerms } from '../src/options/option-terms.ts';

const put = (spot: number, strike: number, years: number, rate: number, dividend_yield = 0): OptionTerms => ({
  right: 'put',
  spot,
  strike,
  years,
  rate,
  dividend_yield,
});

describe('American options against published values', () => {
  // F. Longstaff and E. Schwartz, "Valuing American options by simulation" (2001), table 1: finite differences, K = 40.
  it.each([
    [36, 0.2, 1, 4.478],
    [36, 0.2, 2, 4.84],
    [36, 0.4, 1, 7.101],
    [36, 0.4, 2, 8.508],
    [38, 0.2, 1, 3.25],
    [40, 0.2, 1, 2.314],
    [40, 0.4, 2, 6.92],
    [42, 0.2, 1, 1.617],
    [44, 0.2, 1, 1.11],
    [44, 0.4, 2, 5.647],
  ])('a put at spot %d, volatility %d and %d years', (spot, volatility, years, expected) => {
    // Their grid is exercised 50 times a year, so their values are a little low.
    const { price } = americanOption(put(spot, 40, years, 0.06), volatility);
    expect(price).toBeGreaterThan(expected - 0.001);
    expect(price).toBeLessThan(expected + 0.012);
  });

  // M. Broadie and J. Detemple (1996), table 1: calls with K = 100, half a year, a binomial lattice of 15,000 steps.
  it.each([
    [80, 0.2, 0.03, 0.07, 0.219],
    [90, 0.2, 0.03, 0.07, 1.386],
    [100, 0.2, 0.03, 0.07, 4.783],
    [110, 0.2, 0.03, 0.07, 11.098],
    [120, 0.2, 0.03, 0.07, 20],
    [100, 0.4, 0.03, 0.07, 10.239],
    [100, 0.3, 0, 0.07, 7.035],
    [100, 0.3, 0.07, 0.03, 9.251],
  ])('a call at spot %d, volatility %d, rate %d and yield %d', (spot, volatility, rate, dividend_yield, expected) => {
    const terms: OptionTerms = { right: 'call', spot, strike: 100, years: 0.5, rate, dividend_yield };
    expect(Math.abs(americanOption(terms, volatility).price - expected)).toBeLessThan(0.0015);
  });

  // J. Hull, "Options, futures and other derivatives": 5 months at 52 with a dividend of 2.06 in 3.5 months.
  it('a put on a share that pays a dividend', () => {
    const dividends = [{ years: 3.5 / 12, amount: 2.06 }];
    const { price } = americanOption(put(52, 50, 5 / 12, 0.1), 0.4, { dividends });
    expect(Math.abs(price - 4.212)).toBeLessThan(0.02);
  });

  it('a put of five months at the money', () => {
    expect(americanOption(put(50, 50, 5 / 12, 0.1), 0.4).price).toBeCloseTo(4.284, 2);
  });
});

describe('American options', () => {
  const anyTerms = fc.record({
    right: fc.constantFrom('call' as const, 'put' as const),
    spot: fc.double({ min: 70, max: 140, noNaN: true }),
    strike: fc.constant(100),
    years: fc.double({ min: 0.05, max: 2, noNaN: true }),
    rate: fc.double({ min: 0, max: 0.1, noNaN: true }),
    dividend_yield: fc.double({ min: 0, max: 0.1, noNaN: true }),
  });
  const anyVolatility = fc.double({ min: 0.15, max: 0.8, noNaN: true });

  it('are worth at least the European option and at least their exercise', () => {
    fc.assert(
      fc.property(anyTerms, anyVolatility, (terms, volatility) => {
        const { price } = americanOption(terms, volatility, { steps: 60 });
        const exercised = terms.right === 'call' ? terms.spot - terms.strike : terms.strike - terms.spot;
        expect(price).toBeGreaterThanOrEqual(blackScholesPrice(terms, volatility) - 1e-12);
        expect(price).toBeGreaterThanOrEqual(exercised - 2e-3);
      }),
      { numRuns: 60 },
    );
  });

  it('are the European call where there is no dividend', () => {
    fc.assert(
      fc.property(anyTerms, anyVolatility, (terms, volatility) => {
        const call: OptionTerms = { ...terms, right: 'call', dividend_yield: 0 };
        const american = americanOption(call, volatility, { steps: 60 });
        const european = blackScholes(call, volatility);
        expect(Math.abs(american.price - european.price)).toBeLessThan(1e-9);
        expect(Math.abs(american.delta - european.delta)).toBeLessThan(1e-9);
      }),
      { numRuns: 40 },
    );
  });

  it('are symmetric: a put is the call with spot and strike, rate and yield exchanged', () => {
    fc.assert(
      fc.property(anyTerms, anyVolatility, (terms, volatility) => {
        const call = americanOption({ ...terms, right: 'call' }, volatility, { steps: 100 });
        const mirrored: OptionTerms = {
          right: 'put',
          spot: terms.strike,
          strike: terms.spot,
          years: terms.years,
          rate: terms.dividend_yield,
          dividend_yield: terms.rate,
        };
        expect(Math.abs(call.price - americanOption(mirrored, volatility, { steps: 100 }).price)).toBeLessThan(0.01);
      }),
      { numRuns: 30 },
    );
  });

  it('settle on a value as the lattice grows', () => {
    const terms = put(100, 105, 1, 0.05, 0.01);
    const limit = americanOption(terms, 0.25, { steps: 2000 }).price;
    const error = (steps: number) => Math.abs(americanOption(terms, 0.25, { steps }).price - limit);
    expect(error(50)).toBeLessThan(0.01);
    expect(error(200)).toBeLessThan(0.002);
    expect(error(800)).toBeLessThan(0.0005);
  });

  it('have Greeks that agree with differences of the price', () => {
    const terms = put(100, 105, 1, 0.05, 0.01);
    const price = (changes: Partial<OptionTerms>, volatility = 0.25) =>
      americanOption({ ...terms, ...changes }, volatility, { steps: 1000 }).price;
    const greeks = americanOption(terms, 0.25);
    expect(greeks.delta).toBeCloseTo((price({ spot: 101 }) - price({ spot: 99 })) / 2, 2);
    expect(greeks.gamma).toBeCloseTo((price({ spot: 104 }) - 2 * price({}) + price({ spot: 96 })) / 16, 3);
    expect(greeks.theta).toBeCloseTo(price({ years: 0.98 }) * 25 - price({ years: 1.02 }) * 25, 1);
    expect(greeks.vega).toBeCloseTo((price({}, 0.26) - price({}, 0.24)) / 0.02, 0);
    expect(greeks.rho).toBeCloseTo((price({ rate: 0.055 }) - price({ rate: 0.045 })) / 0.01, 0);
  });

  it('far in the money are worth their exercise', () => {
    const value = { price: 50, delta: -1, gamma: 0, vega: 0, theta: 0, rho: 0 };
    expect(americanOption(put(50, 100, 1, 0.1), 0.2)).toEqual(value);
  });

  it('refuse what makes no sense', () => {
    expect(() => americanOption(put(100, 100, 1, 0.05), 0.2, { steps: 7 })).toThrow('steps is 7');
    expect(() => americanOption(put(100, 100, 1, 0.5), 0.01)).toThrow('volatility is 0.01');
    expect(() => americanOption(put(100, 100, 1, 0.05), 0.2, { dividends: [{ years: 0.5, amount: 200 }] })).toThrow(
      'less than the spot',
    );
  });
});
