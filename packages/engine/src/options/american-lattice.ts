import { exp } from '../math/exponential.ts';
import { blackScholesPrice } from './black-scholes.ts';
import type { OptionTerms } from './option-terms.ts';

/** A dividend in cash, a share. */
export interface CashDividend {
  /** When the share goes ex, in years from now. */
  readonly years: number;
  readonly amount: number;
}

/** What early exercise adds to the European value. */
export interface EarlyExercise {
  readonly premium: number;
  /** By the price of the underlying. */
  readonly delta: number;
  readonly gamma: number;
  /** Whether exercising at once is worth as much as anything else. */
  readonly isExercised: boolean;
}

/**
 * The premium of early exercise by one binomial lattice of Cox, Ross and Rubinstein with `steps` steps, the last of which
 * is Black-Scholes. It begins two steps before now, so that there are prices beside the spot to take differences with.
 *
 * @param terms with the spot less the present value of `dividends`, whose part to come is added back on exercise
 */
export function earlyExercise(
  terms: OptionTerms,
  volatility: number,
  steps: number,
  dividends: readonly CashDividend[],
): EarlyExercise {
  const { right, spot, strike, years, rate, dividend_yield } = terms;
  const dt = years / steps;
  const logUp = volatility * Math.sqrt(dt);
  const sign = right === 'call' ? 1 : -1;
  const pUp = (exp((rate - dividend_yield) * dt) - exp(-logUp)) / (exp(logUp) - exp(-logUp));
  const discount = exp(-rate * dt);
  const weightUp = discount * pUp;
  const weightDown = discount * (1 - pUp);

  // At `level` steps from now there are level + 3 nodes, node j at spot * exp(logUp * (2 j - level - 2)).
  const prices = Float64Array.from({ length: 2 * steps + 3 }, (_, node) => spot * exp(logUp * (node - steps - 1)));
  const european = new Float64Array(steps + 2);
  const american = new Float64Array(steps + 2);
  const exercise = (level: number, node: number, dividendsToCome: number) =>
    sign * ((prices[2 * node - level + steps - 1] as number) + dividendsToCome - strike);

  for (let node = 0; node < steps + 2; node++) {
    const price = prices[2 * node] as number;
    const value = blackScholesPrice({ right, spot: price, strike, years: dt, rate, dividend_yield }, volatility);
    european[node] = value;
    american[node] = Math.max(value, exercise(steps - 1, node, valueToCome(dividends, terms, years - dt)));
  }
  for (let level = steps - 2; level >= 0; level--) {
    const dividendsToCome = valueToCome(dividends, terms, level * dt);
    for (let node = 0; node < level + 3; node++) {
      european[node] = weightUp * (european[node + 1] as number) + weightDown * (european[node] as number);
      const kept = weightUp * (american[node + 1] as number) + weightDown * (american[node] as number);
      american[node] = Math.max(kept, exercise(level, node, dividendsToCome));
    }
  }
  const premium = (node: number) => Math.max(0, (american[node] as number) - (european[node] as number));
  const slope = (premium(2) - premium(0)) / (4 * logUp);
  const curve = (premium(2) - 2 * premium(1) + premium(0)) / (4 * logUp * logUp);
  return {
    premium: premium(1),
    delta: slope / spot,
    gamma: (curve - slope) / (spot * spot),
    isExercised: american[1] === exercise(0, 1, valueToCome(dividends, terms, 0)) && premium(1) > 0,
  };
}

/** Value, at `now` years, of the dividends between then and expiry. */
export function valueToCome(
  dividends: readonly CashDividend[],
  { years, rate }: Pick<OptionTerms, 'years' | 'rate'>,
  now: number,
): number {
  let value = 0;
  for (const dividend of dividends) {
    if (dividend.years > now && dividend.years <= years) {
      value += dividend.amount * exp(-rate * (dividend.years - now));
    }
  }
  return value;
}
