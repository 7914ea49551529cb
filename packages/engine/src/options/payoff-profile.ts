import { checkOneExpiry, checkPosition, type OptionPositionSpec, payoffOf } from './option-position.ts';

/** The shape of a payoff at expiry. Amounts are in the quote currency, premiums included, fees not. */
export interface PayoffProfile {
  /** Prices of the underlying at which the position neither wins nor loses, ascending; of a stretch without either, its ends. */
  readonly break_evens: readonly number[];
  /** Null where there is no bound. */
  readonly max_profit: number | null;
  /** Positive where money can be lost; null where there is no bound. */
  readonly max_loss: number | null;
}

/**
 * Break-evens, most profit and most loss at expiry. A payoff is a line between strikes, so its extremes are at a price of
 * 0, at a strike, or nowhere.
 *
 * @throws EngineError `invalid_option` where legs are none, no numbers, or expire at several dates
 */
export function payoffProfile(position: OptionPositionSpec): PayoffProfile {
  checkPosition(position);
  checkOneExpiry(position);
  const strikes = position.legs.flatMap((leg) => (leg.type === 'option' ? [leg.strike] : []));
  const corners = [...new Set([0, ...strikes])].sort((a, b) => a - b);
  const profits = corners.map((spot) => payoffOf(position, spot));
  const slope = slopeAbove(position);
  const breakEvens: number[] = [];
  const add = (spot: number) => {
    if (spot > 0 && breakEvens.at(-1) !== spot) breakEvens.push(spot);
  };
  for (let i = 0; i < corners.length; i++) {
    const [from = 0, to] = [corners[i], corners[i + 1]];
    const [start = 0, end] = [profits[i], profits[i + 1]];
    if (start === 0 && !(end === 0 && profits[i - 1] === 0)) add(from);
    if (to !== undefined && end !== undefined && start * end < 0) add(from + ((to - from) * start) / (start - end));
    if (to === undefined && start * slope < 0) add(from - start / slope);
  }
  return {
    break_evens: breakEvens,
    max_profit: slope > 0 ? null : Math.max(...profits),
    max_loss: slope < 0 ? null : -Math.min(...profits),
  };
}

/** What the position wins for each 1 that the underlying rises above all strikes. */
function slopeAbove({ legs, multiplier }: OptionPositionSpec): number {
  let slope = 0;
  for (const leg of legs) {
    if (leg.type === 'stock') slope += leg.quantity;
    else if (leg.right === 'call') slope += leg.quantity * multiplier;
  }
  return slope;
}
