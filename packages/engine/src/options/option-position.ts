import { EngineError } from '../engine-error.ts';
import { blackScholes, type OptionValue } from './black-scholes.ts';
import type { OptionRight } from './option-terms.ts';

/** One part of a position: options of one contract, or units of the underlying. */
export type PositionLeg =
  | {
      readonly type: 'option';
      readonly right: OptionRight;
      readonly strike: number;
      /** When it expires, in years from now. */
      readonly years: number;
      /** Contracts, below 0 when short. */
      readonly quantity: number;
      /** Paid a share when bought, received when sold. */
      readonly price: number;
    }
  | {
      readonly type: 'stock';
      /** Shares, below 0 when short. */
      readonly quantity: number;
      readonly price: number;
    };

/** Legs that are held together; one contract is `multiplier` shares. */
export interface OptionPositionSpec {
  readonly legs: readonly PositionLeg[];
  readonly multiplier: number;
}

/** What values a position before expiry. */
export interface PositionMarket {
  readonly spot: number;
  readonly rate: number;
  readonly dividend_yield: number;
  /** Volatility of an option by strike and years to expiry: that of a surface, or one number. */
  volatility(strike: number, years: number): number;
}

/**
 * Profit of the position at the expiry of its options, with the underlying at `spot`; in the quote currency, premiums
 * included, fees not.
 *
 * @throws EngineError `invalid_option` where legs are none, no numbers, or expire at several dates
 */
export function payoffAtExpiry(position: OptionPositionSpec, spot: number): number {
  checkPosition(position);
  checkOneExpiry(position);
  if (!(spot >= 0 && spot < Infinity)) {
    throw new EngineError('invalid_option', `spot is ${spot}; it must be finite and at least 0`, { spot });
  }
  return payoffOf(position, spot);
}

/**
 * Value, Greeks and profit of the position under Black-Scholes-Merton, `years` from now with the underlying at
 * `market.spot`. Options that have expired by then are worth their intrinsic value at that price.
 *
 * @throws EngineError `invalid_option`
 */
export function positionValue(
  position: OptionPositionSpec,
  market: PositionMarket,
  years = 0,
): OptionValue & { readonly profit: number } {
  checkPosition(position);
  const { spot, rate, dividend_yield } = market;
  const total = { price: 0, delta: 0, gamma: 0, vega: 0, theta: 0, rho: 0, profit: 0 };
  for (const leg of position.legs) {
    if (leg.type === 'stock') {
      total.price += leg.quantity * spot;
      total.delta += leg.quantity;
      total.profit += leg.quantity * (spot - leg.price);
      continue;
    }
    const left = Math.max(0, leg.years - years);
    const terms = { right: leg.right, spot, strike: leg.strike, years: left, rate, dividend_yield };
    const value = blackScholes(terms, market.volatility(leg.strike, left));
    const shares = leg.quantity * position.multiplier;
    total.price += shares * value.price;
    total.delta += shares * value.delta;
    total.gamma += shares * value.gamma;
    total.vega += shares * value.vega;
    total.theta += shares * value.theta;
    total.rho += shares * value.rho;
    total.profit += shares * (value.price - leg.price);
  }
  return total;
}

/** The payoff of legs that were checked. */
export function payoffOf({ legs, multiplier }: OptionPositionSpec, spot: number): number {
  let profit = 0;
  for (const leg of legs) {
    if (leg.type === 'stock') {
      profit += leg.quantity * (spot - leg.price);
    } else {
      const intrinsic = Math.max(0, leg.right === 'call' ? spot - leg.strike : leg.strike - spot);
      profit += leg.quantity * multiplier * (intrinsic - leg.price);
    }
  }
  return profit;
}

/**
 * @throws EngineError `invalid_option`
 */
export function checkPosition({ legs, multiplier }: OptionPositionSpec): void {
  if (legs.length === 0) throw new EngineError('invalid_option', 'the position has no legs; it needs at least one');
  if (!(multiplier > 0 && multiplier < Infinity)) {
    throw new EngineError('invalid_option', `multiplier is ${multiplier}; it must be above 0`, { multiplier });
  }
  for (const [index, leg] of legs.entries()) {
    const terms = leg.type === 'stock' ? true : leg.strike > 0 && leg.strike < Infinity && leg.years >= 0;
    const price = leg.price >= 0 && leg.price < Infinity;
    if (terms && price && Number.isFinite(leg.quantity)) continue;
    throw new EngineError(
      'invalid_option',
      `leg ${index} needs finite numbers, a strike above 0 and no negative price`,
      {
        leg: index,
      },
    );
  }
}

/**
 * @throws EngineError `invalid_option`
 */
export function checkOneExpiry({ legs }: OptionPositionSpec): void {
  const expiries = new Set(legs.flatMap((leg) => (leg.type === 'option' ? [leg.years] : [])));
  if (expiries.size <= 1) return;
  const message = `the legs expire at ${expiries.size} dates; only with one is there a payoff at expiry`;
  throw new EngineError('invalid_option', message, { expiries: expiries.size });
}
