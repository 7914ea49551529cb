import { exp } from '../math/exponential.ts';
import { normalCdf, normalPdf } from '../math/normal.ts';
import { intrinsicValue } from './intrinsic-value.ts';
import { normalisedBlack } from './normalised-black.ts';
import { checkOptionTerms, checkVolatility, logMoneyness, type OptionTerms } from './option-terms.ts';

/** Price of an option a unit of the underlying, and how it moves. */
export interface OptionValue {
  readonly price: number;
  /** By the price of the underlying. */
  readonly delta: number;
  readonly gamma: number;
  /** By the volatility, for 1.00 of it. */
  readonly vega: number;
  /** By the passing of time, for a year: below 0 where the option decays. */
  readonly theta: number;
  /** By the rate, for 1.00 of it. */
  readonly rho: number;
}

/** Derivatives of the second order, for hedging of the volatility and over nights. */
export interface SecondOrderGreeks {
  /** Of delta by volatility, which is that of vega by the price of the underlying. */
  readonly vanna: number;
  /** Of vega by volatility. */
  readonly volga: number;
  /** Of delta by the passing of time, for a year. */
  readonly charm: number;
}

/**
 * Price of a European option under Black-Scholes-Merton with a continuous dividend yield. Without time or volatility it
 * is the discounted intrinsic value of the forward. The part out of the money is computed and parity gives the other, so
 * that no digits cancel.
 *
 * @throws EngineError `invalid_option`
 */
export function blackScholesPrice(terms: OptionTerms, volatility: number): number {
  checkOptionTerms(terms);
  checkVolatility(volatility);
  return priceOf(terms, volatility);
}

/**
 * Price and Greeks of a European option under Black-Scholes-Merton (R. Merton, "Theory of rational option pricing", 1973).
 * Without time or volatility the Greeks are those of the discounted intrinsic value; at its kink delta is the mean of both
 * sides, and gamma, which is infinite there, is 0 as everywhere else.
 *
 * @throws EngineError `invalid_option`
 */
export function blackScholes(terms: OptionTerms, volatility: number): OptionValue {
  checkOptionTerms(terms);
  checkVolatility(volatility);
  const { spot, strike, years, rate, dividend_yield } = terms;
  const sign = terms.right === 'call' ? 1 : -1;
  const { d1, d2 } = deviations(terms, volatility);
  const spotDiscounted = spot * exp(-dividend_yield * years);
  const strikeDiscounted = strike * exp(-rate * years);
  const spotWeight = sign * normalCdf(sign * d1);
  const strikeWeight = sign * normalCdf(sign * d2);
  const carry = dividend_yield * spotDiscounted * spotWeight - rate * strikeDiscounted * strikeWeight;
  const price = priceOf(terms, volatility);
  const rho = strikeDiscounted * years * strikeWeight;
  const delta = (spotDiscounted / spot) * spotWeight;
  const v = volatility * Math.sqrt(years);
  if (v === 0) return { price, delta, gamma: 0, vega: 0, theta: carry, rho };
  const density = spotDiscounted * normalPdf(d1);
  return {
    price,
    delta,
    gamma: density / (spot * spot * v),
    vega: density * Math.sqrt(years),
    theta: carry - (density * volatility) / (2 * Math.sqrt(years)),
    rho,
  };
}

/**
 * Vanna, volga and charm of a European option; 0 where there is no time or volatility.
 *
 * @throws EngineError `invalid_option`
 */
export function secondOrderGreeks(terms: OptionTerms, volatility: number): SecondOrderGreeks {
  checkOptionTerms(terms);
  checkVolatility(volatility);
  const { years, rate, dividend_yield } = terms;
  const v = volatility * Math.sqrt(years);
  if (v === 0) return { vanna: 0, volga: 0, charm: 0 };
  const sign = terms.right === 'call' ? 1 : -1;
  const { d1, d2 } = deviations(terms, volatility);
  const discount = exp(-dividend_yield * years);
  const density = discount * normalPdf(d1);
  return {
    vanna: (-density * d2) / volatility,
    volga: (terms.spot * density * Math.sqrt(years) * d1 * d2) / volatility,
    charm:
      sign * dividend_yield * discount * normalCdf(sign * d1) -
      density * ((rate - dividend_yield) / v - d2 / (2 * years)),
  };
}

/** The price, of terms that were checked. */
function priceOf(terms: OptionTerms, volatility: number): number {
  const { right, spot, strike, years, rate, dividend_yield } = terms;
  const spotDiscounted = spot * exp(-dividend_yield * years);
  const strikeDiscounted = strike * exp(-rate * years);
  const sign = right === 'call' ? 1 : -1;
  const v = volatility * Math.sqrt(years);
  if (v === 0) return Math.max(0, sign * (spotDiscounted - strikeDiscounted));
  const x = logMoneyness(terms);
  const outOfTheMoney = Math.sqrt(spotDiscounted) * Math.sqrt(strikeDiscounted) * normalisedBlack(-Math.abs(x), v);
  return sign * x > 0 ? outOfTheMoney + intrinsicValue(terms) : outOfTheMoney;
}

/** d1 and d2; where there is no time or volatility, what they tend to: 0 at the money, else infinite. */
function deviations(terms: OptionTerms, volatility: number): { d1: number; d2: number } {
  const x = logMoneyness(terms);
  const v = volatility * Math.sqrt(terms.years);
  if (v > 0) return { d1: x / v + 0.5 * v, d2: x / v - 0.5 * v };
  const limit = x === 0 ? 0 : x * Infinity;
  return { d1: limit, d2: limit };
}
