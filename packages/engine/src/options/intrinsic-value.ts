import { exp, expm1 } from '../math/exponential.ts';
import { logMoneyness, type OptionTerms } from './option-terms.ts';

/** Of rate times time up to which an exponential is its Taylor series: the larger, the fewer digits are won. */
const SERIES_LIMIT = 0.5;
const SPLITTER = 2 ** 27 + 1;

/**
 * |S exp(-q T) - K exp(-r T)|: what the one of call and put is worth that is in the money, without volatility.
 *
 * An implied volatility is told by what a price is above this, which can be its last few digits: so the difference is
 * taken of S and K themselves, where it is exact, and the discounts are added with their rounding errors.
 */
export function intrinsicValue(terms: OptionTerms): number {
  const { spot, strike, years, rate, dividend_yield } = terms;
  const isNear = spot > 0.5 * strike && spot < 2 * strike;
  if (isNear && Math.abs(rate * years) < SERIES_LIMIT && Math.abs(dividend_yield * years) < SERIES_LIMIT) {
    const sum = new CompensatedSum();
    sum.add(spot - strike);
    addDiscounting(sum, spot, -dividend_yield, years);
    addDiscounting(sum, -strike, -rate, years);
    return Math.abs(sum.value);
  }
  const strikeDiscounted = strike * exp(-rate * years);
  const x = logMoneyness(terms);
  if (Math.abs(x) < 0.5) return Math.abs(strikeDiscounted * expm1(x));
  return Math.abs(spot * exp(-dividend_yield * years) - strikeDiscounted);
}

/** Adds amount (exp(rate years) - 1): the first power exactly, the others, which are smaller, rounded. */
function addDiscounting(sum: CompensatedSum, amount: number, rate: number, years: number): void {
  const exponent = rate * years;
  const first = amount * exponent;
  sum.add(first);
  sum.add(productError(amount, exponent, first));
  sum.add(amount * productError(rate, years, exponent));
  let powers = 0;
  for (let n = 18; n >= 2; n--) powers = (exponent / n) * (1 + powers);
  sum.add(first * powers);
}

/** What a b lost by being rounded to `product` (T. Dekker, 1971). */
function productError(a: number, b: number, product: number): number {
  const aHigh = SPLITTER * a - (SPLITTER * a - a);
  const bHigh = SPLITTER * b - (SPLITTER * b - b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** A sum that carries what its additions lost (D. Knuth's two-sum). */
class CompensatedSum {
  #sum = 0;
  #lost = 0;

  get value(): number {
    return this.#sum + this.#lost;
  }

  add(summand: number): void {
    const sum = this.#sum + summand;
    const added = sum - this.#sum;
    this.#lost += this.#sum - (sum - added) + (summand - added);
    this.#sum = sum;
  }
}
