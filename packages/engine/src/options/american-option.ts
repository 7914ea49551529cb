import { EngineError } from '../engine-error.ts';
import { type CashDividend, type EarlyExercise, earlyExercise, valueToCome } from './american-lattice.ts';
import { blackScholes, type OptionValue } from './black-scholes.ts';
import { checkOptionTerms, checkVolatility, type OptionTerms } from './option-terms.ts';

export interface AmericanOptionSettings {
  /** Steps of the finer of two lattices; even, 4 to 5000; 200 by default. Work grows with the square. */
  readonly steps?: number;
  readonly dividends?: readonly CashDividend[];
}

const DEFAULT_STEPS = 200;
const MOST_STEPS = 5000;

/**
 * Price and Greeks of an American option: Black-Scholes-Merton plus the premium of early exercise by a binomial lattice
 * whose last step is Black-Scholes, extrapolated from two sizes after Richardson (M. Broadie and J. Detemple, "American
 * option valuation", 1996: BBSR). The lattice values the European option too and gives the difference alone, so that what
 * is never exercised early is priced exactly.
 *
 * Cash dividends are escrowed: the volatility is that of the price less the present value of those to come before expiry.
 * Theta follows from the Black-Scholes equation; vega and rho from differences of the premium.
 *
 * @throws EngineError `invalid_option`; also where the volatility is too small beside rate and yield for `steps`
 */
export function americanOption(
  terms: OptionTerms,
  volatility: number,
  { steps = DEFAULT_STEPS, dividends = [] }: AmericanOptionSettings = {},
): OptionValue {
  checkOptionTerms(terms);
  checkVolatility(volatility);
  checkDividends(terms, dividends);
  const escrowed = { ...terms, spot: terms.spot - valueToCome(dividends, terms, 0) };
  const european = blackScholes(escrowed, volatility);
  if (terms.years === 0) return european;
  checkSteps(terms, volatility, steps);
  const early = extrapolate(escrowed, volatility, steps, dividends);
  if (early.isExercised) return exercisedValue(terms);
  if (early.premium === 0 && early.gamma === 0) return european;

  const { spot, rate, dividend_yield } = escrowed;
  const price = european.price + early.premium;
  const delta = european.delta + early.delta;
  const gamma = european.gamma + early.gamma;
  const premium = (of: OptionTerms, at: number) => extrapolate(of, at, steps, dividends).premium;
  const vegaStep = 0.05 * volatility;
  const rhoStep = 0.002;
  const byVolatility = premium(escrowed, volatility + vegaStep) - premium(escrowed, volatility - vegaStep);
  const byRate =
    premium({ ...escrowed, rate: rate + rhoStep }, volatility) -
    premium({ ...escrowed, rate: rate - rhoStep }, volatility);
  return {
    price,
    delta,
    gamma,
    vega: european.vega + byVolatility / (2 * vegaStep),
    theta: rate * price - (rate - dividend_yield) * spot * delta - 0.5 * volatility * volatility * spot * spot * gamma,
    rho: european.rho + byRate / (2 * rhoStep),
  };
}

/** Richardson's extrapolation of an error that falls with the steps. */
function extrapolate(
  terms: OptionTerms,
  volatility: number,
  steps: number,
  dividends: readonly CashDividend[],
): EarlyExercise {
  const fine = earlyExercise(terms, volatility, steps, dividends);
  const coarse = earlyExercise(terms, volatility, steps / 2, dividends);
  return {
    premium: Math.max(0, 2 * fine.premium - coarse.premium),
    delta: 2 * fine.delta - coarse.delta,
    gamma: 2 * fine.gamma - coarse.gamma,
    isExercised: fine.isExercised && coarse.isExercised,
  };
}

/** Now worth its intrinsic value and nothing more. */
function exercisedValue({ right, spot, strike }: OptionTerms): OptionValue {
  const sign = right === 'call' ? 1 : -1;
  return { price: sign * (spot - strike), delta: sign, gamma: 0, vega: 0, theta: 0, rho: 0 };
}

function checkSteps({ years, rate, dividend_yield }: OptionTerms, volatility: number, steps: number): void {
  if (!(Number.isInteger(steps) && steps >= 4 && steps <= MOST_STEPS && steps % 2 === 0)) {
    throw new EngineError('invalid_option', `steps is ${steps}; it must be even and from 4 to ${MOST_STEPS}`, {
      steps,
    });
  }
  // The drift of a coarse step must stay within its up and down moves; rho and vega need a little more.
  const drift = Math.abs(rate - dividend_yield) + 0.002;
  const least = drift * Math.sqrt((2 * years) / steps) * 1.06;
  if (volatility > least) return;
  const message = `volatility is ${volatility}; with ${steps} steps it must be above ${least}`;
  throw new EngineError('invalid_option', message, { volatility, steps });
}

function checkDividends(terms: OptionTerms, dividends: readonly CashDividend[]): void {
  for (const { amount, years } of dividends) {
    if (amount >= 0 && amount < Infinity && years >= 0) continue;
    const message = `a dividend is ${amount} in ${years} years; neither can be below 0`;
    throw new EngineError('invalid_option', message, { amount, years });
  }
  const value = valueToCome(dividends, terms, 0);
  if (value < terms.spot) return;
  const message = `dividends to come are worth ${value}; that must be less than the spot of ${terms.spot}`;
  throw new EngineError('invalid_option', message, { value, spot: terms.spot });
}
