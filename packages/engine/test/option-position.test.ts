import { describe, expect, it } from 'vitest';
import { blackScholes } from '../src/options/black-scholes.ts';
import { type OptionPositionSpec, payoffAtExpiry, positionValue } from '../src/options/option-position.ts';
import { payoffProfile } from '../src/options/payoff-profile.ts';
import {
  butterfly,
  cashSecuredPut,
  coveredCall,
  ironCondor,
  reversed,
  type StructureLeg,
  straddle,
  strangle,
  vertical,
} from '../src/options/structures.ts';

/** A structure of options that expire in half a year, at these prices in the order of its legs. */
function position(legs: readonly StructureLeg[], prices: readonly number[], shares = 0): OptionPositionSpec {
  return {
    multiplier: 100,
    legs: [
      ...legs.map((leg, i) => ({ type: 'option' as const, years: 0.5, price: prices[i] ?? NaN, ...leg })),
      ...(shares === 0 ? [] : [{ type: 'stock' as const, quantity: shares, price: 100 }]),
    ],
  };
}

describe('payoff at expiry', () => {
  it.each([
    // Debit 3 for a width of 10: lost in full below, 7 won above.
    ['bull call spread', position(vertical('call', 100, 110), [5, 2]), [103], 700, 300],
    // Credit 2.5 for wings of 5.
    ['iron condor', position(ironCondor(85, 90, 110, 115), [0.75, 2, 2, 0.75]), [87.5, 112.5], 250, 250],
    ['long straddle', position(straddle(100), [4, 3]), [93, 107], null, 700],
    ['short strangle', position(reversed(strangle(95, 105)), [2, 1]), [92, 108], 300, null],
    ['long butterfly', position(butterfly('call', 95, 100, 105), [7, 4, 2]), [96, 104], 400, 100],
    ['covered call', position(coveredCall(105), [2], 100), [98], 700, 9800],
    ['cash secured put', position(cashSecuredPut(95), [1.5]), [93.5], 150, 9350],
    ['long put', position(reversed(cashSecuredPut(95)), [1.5]), [93.5], 9350, 150],
  ])('of a %s', (_, spec, breakEvens, maxProfit, maxLoss) => {
    expect(payoffProfile(spec)).toEqual({ break_evens: breakEvens, max_profit: maxProfit, max_loss: maxLoss });
    for (const spot of breakEvens) expect(payoffAtExpiry(spec, spot)).toBeCloseTo(0, 9);
  });

  it('names the ends of a stretch that neither wins nor loses', () => {
    expect(payoffProfile(position(vertical('call', 100, 110), [0, 0])).break_evens).toEqual([100]);
    expect(payoffProfile(position(butterfly('put', 95, 100, 105), [0, 0, 0])).break_evens).toEqual([95, 105]);
  });

  it('refuses legs that expire at several dates, and strikes out of order', () => {
    const calendar: OptionPositionSpec = {
      multiplier: 100,
      legs: [
        { type: 'option', right: 'call', strike: 100, years: 0.1, quantity: -1, price: 2 },
        { type: 'option', right: 'call', strike: 100, years: 0.2, quantity: 1, price: 3 },
      ],
    };
    expect(() => payoffProfile(calendar)).toThrow('2 dates');
    expect(() => ironCondor(90, 85, 110, 115)).toThrow('ascend');
    expect(() => payoffProfile({ multiplier: 100, legs: [] })).toThrow('no legs');
  });
});

describe('value of a position before expiry', () => {
  const market = { spot: 102, rate: 0.03, dividend_yield: 0, volatility: () => 0.25 };

  it('adds up the values and Greeks of its legs, times the multiplier', () => {
    const spec = position(straddle(100), [4, 3], 50);
    const value = positionValue(spec, market);
    const terms = { spot: 102, strike: 100, years: 0.5, rate: 0.03, dividend_yield: 0 };
    const call = blackScholes({ ...terms, right: 'call' }, 0.25);
    const put = blackScholes({ ...terms, right: 'put' }, 0.25);
    expect(value.price).toBeCloseTo(100 * (call.price + put.price) + 50 * 102, 9);
    expect(value.delta).toBeCloseTo(100 * (call.delta + put.delta) + 50, 9);
    expect(value.vega).toBeCloseTo(100 * (call.vega + put.vega), 9);
    expect(value.profit).toBeCloseTo(100 * (call.price + put.price - 7) + 50 * 2, 9);
  });

  it('is the payoff once all has expired', () => {
    const spec = position(ironCondor(85, 90, 110, 115), [0.75, 2, 2, 0.75]);
    expect(positionValue(spec, { ...market, spot: 112 }, 0.5).profit).toBeCloseTo(payoffAtExpiry(spec, 112), 9);
  });
});
