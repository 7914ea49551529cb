import { EngineError } from '../engine-error.ts';
import { exp } from '../math/exponential.ts';
import { log } from '../math/logarithm.ts';
import { intrinsicValue } from './intrinsic-value.ts';
import { normalisedBlack, normalisedBlackShortfall, normalisedVega } from './normalised-black.ts';
import { checkOptionTerms, logMoneyness, type OptionTerms } from './option-terms.ts';

/** Why a price has no implied volatility. */
export type NoVolatilityReason =
  /** The option has expired: its price says nothing of what is to come. */
  | 'expired'
  /** No volatility makes an option cheaper than its discounted intrinsic value. */
  | 'below_intrinsic_value'
  /** A call is never worth more than its underlying, a put never more than its strike, both discounted. */
  | 'above_bound'
  /** Half a unit in the last place of the price moves the volatility by more than 1 %: the price is all intrinsic value. */
  | 'undetermined';

export type ImpliedVolatility =
  | { readonly volatility: number; readonly reason: null }
  | { readonly volatility: null; readonly reason: NoVolatilityReason };

const MOST_STEPS = 60;
const MOST_UNCERTAINTY = 0.01;
const HALF_ULP = 2 ** -53;

/**
 * The volatility at which Black-Scholes-Merton gives this price.
 *
 * An option in the money tells its volatility by what it is worth above its intrinsic value, which is the price of the
 * option out of the money. That price, normalised, is solved for v = sigma sqrt(T) by Halley's method within a bracket, on
 * whichever function of the price is closest to a straight line (after P. Jaeckel, "Let's be rational", 2015): the inverse
 * of its logarithm below the price at the inflection point v = sqrt(2 |x|), the price itself above it, and the logarithm of
 * what it lacks to its bound in the upper half.
 *
 * @throws EngineError `invalid_option` where a number is none or out of range
 */
export function impliedVolatility(terms: OptionTerms, price: number): ImpliedVolatility {
  checkOptionTerms(terms);
  if (!(price >= 0 && price < Infinity)) {
    throw new EngineError('invalid_option', `price is ${price}; it must be finite and at least 0`, { price });
  }
  const { right, spot, strike, years, rate, dividend_yield } = terms;
  if (years === 0) return none('expired');
  const moneyness = logMoneyness(terms);
  const inTheMoney = right === 'call' ? moneyness > 0 : moneyness < 0;
  const intrinsic = inTheMoney ? intrinsicValue(terms) : 0;
  const outOfTheMoney = price - intrinsic;
  if (outOfTheMoney < -4 * HALF_ULP * price || (outOfTheMoney <= 0 && !inTheMoney))
    return none('below_intrinsic_value');
  if (outOfTheMoney <= 0) return none('undetermined');

  const spotDiscounted = spot * exp(-dividend_yield * years);
  const strikeDiscounted = strike * exp(-rate * years);
  if (price >= (right === 'call' ? spotDiscounted : strikeDiscounted)) return none('above_bound');
  const scale = Math.sqrt(spotDiscounted) * Math.sqrt(strikeDiscounted);
  const x = -Math.abs(moneyness);
  const v = solve(x, outOfTheMoney / scale);
  const uncertainty = (HALF_ULP * price) / (scale * normalisedVega(x, v) * v);
  if (!(uncertainty <= MOST_UNCERTAINTY)) return none('undetermined');
  return { volatility: v / Math.sqrt(years), reason: null };
}

function none(reason: NoVolatilityReason): ImpliedVolatility {
  return { volatility: null, reason };
}

/** A function of v that is 0 at the solution: its value over its slope, and its second derivative over its slope. */
interface Objective {
  readonly newton: number;
  readonly curvature: number;
}

/** v with normalisedBlack(x, v) = price. */
function solve(x: number, price: number): number {
  const inflection = Math.sqrt(-2 * x);
  const bound = exp(0.5 * x);
  const atInflection = inflection > 0 ? normalisedBlack(x, inflection) : 0;
  const isLow = price < atInflection;
  const isHigh = !isLow && price > 0.5 * (atInflection + bound);
  let low = isLow ? 0 : inflection;
  let high = isLow ? inflection : Infinity;
  let v = isLow
    ? lowGuess(x, price, inflection)
    : inflection + (price - atInflection) / normalisedVega(x, inflection || 1e-300);
  if (isHigh) v = Math.max(v, highGuess(bound - price, x));
  for (let step = 0; step < MOST_STEPS; step++) {
    const value = normalisedBlack(x, v);
    if (value < price) low = v;
    else high = v;
    const { newton, curvature } = isLow
      ? lowObjective(x, v, value, price)
      : isHigh
        ? highObjective(x, v, bound - price)
        : middleObjective(x, v, value, price);
    const halley = newton / (1 - 0.5 * newton * curvature);
    // Halley's correction may only shorten or lengthen a step, never turn it.
    const move = halley * newton > 0 ? halley : newton;
    let next = v - move;
    if (!(next > low && next < high)) next = high === Infinity ? 2 * v : 0.5 * (low + high);
    if (Math.abs(next - v) <= 2 * HALF_ULP * v) return next;
    v = next;
  }
  return v;
}

/** Of 1 / ln b(v) - 1 / ln price, which is nearly a parabola in v. */
function lowObjective(x: number, v: number, value: number, price: number): Objective {
  const relativeVega = normalisedVega(x, v) / value;
  const logOfValue = log(value);
  return {
    newton: (logOfValue * log(value / price)) / (relativeVega * log(price)),
    curvature: vegaSlope(x, v) - relativeVega * (1 + 2 / logOfValue),
  };
}

/** Of b(v) - price. */
function middleObjective(x: number, v: number, value: number, price: number): Objective {
  return { newton: (value - price) / normalisedVega(x, v), curvature: vegaSlope(x, v) };
}

/** Of the logarithm of bound - b(v). */
function highObjective(x: number, v: number, wanted: number): Objective {
  const shortfall = normalisedBlackShortfall(x, v);
  const relativeVega = normalisedVega(x, v) / shortfall;
  return { newton: -log(shortfall / wanted) / relativeVega, curvature: vegaSlope(x, v) + relativeVega };
}

/** Second derivative of the normalised price over its first. */
function vegaSlope(x: number, v: number): number {
  return (x * x) / (v * v * v) - 0.25 * v;
}

/**
 * Far out of the money b(v) tends to n(x / v) v^3 / x^2: a few turns of the fixed point of its logarithm. Close to the
 * money it is no more than a start within the bracket.
 */
function lowGuess(x: number, price: number, inflection: number): number {
  let v = 0.5 * inflection;
  const target = -2 * log((price * 2.5066282746310002) / inflection);
  for (let turn = 0; turn < 4; turn++) {
    const h = x / v;
    const square = target + 2 * log((v * v * v) / (inflection * (x * x + v * v))) - 0.25 * v * v;
    if (!(square > 0) || !Number.isFinite(h)) break;
    v = Math.min(-x / Math.sqrt(square), inflection);
  }
  return v > 0 && v < inflection ? v : 0.5 * inflection;
}

/** For wide v the shortfall tends to 2 N(-v / 2), whose logarithm is near -v^2 / 8. */
function highGuess(shortfall: number, x: number): number {
  return Math.sqrt(Math.max(0, -8 * log(shortfall / 2) + 2 * x));
}
