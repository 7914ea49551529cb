import type { OptionContract } from '../trading/options-desk.ts';

/** A position as margin sees it. */
export interface MarginPosition {
  readonly contract: OptionContract;
  /** Contracts, below 0 when short. */
  readonly quantity: number;
  /** A share. */
  readonly mark: number;
}

/** Of the underlying, and the least of it (calls) or of the strike (puts): the exchanges' minimum for naked shorts. */
const NAKED_SHARE = 0.2;
const LEAST_NAKED_SHARE = 0.1;

/**
 * Cash that must lie ready for what short options may come to cost, in the quote currency; Infinity where nothing would do.
 *
 * Options of one expiry stand together, with the shares that cover its short calls (each share covers once, nearest expiry
 * first): they need no more than all they can lose at expiry, which is the width for spreads and condors, the strike for a
 * short put, and nothing for a covered call. Under `reg_t` a short that no long of its right and expiry covers needs its
 * price plus 20 % of the underlying less what it is out of the money, at least 10 % of the underlying (calls) or the
 * strike (puts), where that is less.
 */
export function optionObligation(
  positions: readonly MarginPosition[],
  spot: number,
  stock: number,
  multiplier: number,
  method: 'reg_t' | 'defined_risk',
): number {
  let freeShares = Math.max(0, stock);
  let total = 0;
  const byExpiry = Map.groupBy(positions, ({ contract }) => contract.expiry);
  for (const expiry of [...byExpiry.keys()].sort((a, b) => a - b)) {
    const { uncovered, sharesUsed } = withoutCoveredCalls(byExpiry.get(expiry) ?? [], freeShares, multiplier);
    freeShares -= sharesUsed;
    const worst = worstLossAtExpiry(uncovered);
    total += multiplier * (method === 'reg_t' ? Math.min(worst, regT(uncovered, spot)) : worst);
  }
  return total;
}

/** Legs without the short calls that shares cover, lowest strikes first: those are the likeliest to be called. */
function withoutCoveredCalls(
  legs: readonly MarginPosition[],
  freeShares: number,
  multiplier: number,
): { uncovered: MarginPosition[]; sharesUsed: number } {
  let sharesUsed = 0;
  const uncovered = legs
    .toSorted((a, b) => a.contract.strike - b.contract.strike)
    .map((leg) => {
      if (leg.contract.right !== 'call' || leg.quantity >= 0) return leg;
      const covered = Math.min(-leg.quantity, Math.floor((freeShares - sharesUsed) / multiplier));
      sharesUsed += covered * multiplier;
      return { ...leg, quantity: leg.quantity + covered };
    })
    .filter(({ quantity }) => quantity !== 0);
  return { uncovered, sharesUsed };
}

/** Most that options of one expiry can cost then, a share. Their value is a line between strikes. */
function worstLossAtExpiry(legs: readonly MarginPosition[]): number {
  const callSlope = legs.reduce((sum, { contract, quantity }) => sum + (contract.right === 'call' ? quantity : 0), 0);
  if (callSlope < 0) return Infinity;
  let worst = 0;
  for (const price of [0, ...legs.map(({ contract }) => contract.strike)]) {
    const value = legs.reduce((sum, { contract, quantity }) => sum + quantity * intrinsic(contract, price), 0);
    worst = Math.max(worst, -value);
  }
  return worst;
}

/** Shorts of one expiry with the longs of their right as cover, a share: each long covers once, where it helps most. */
function regT(legs: readonly MarginPosition[], spot: number): number {
  let needed = 0;
  for (const right of ['call', 'put'] as const) {
    const ofRight = legs.filter(({ contract }) => contract.right === right);
    const longs = ofRight.filter(({ quantity }) => quantity > 0).map((leg) => ({ leg, free: leg.quantity }));
    for (const short of ofRight.filter(({ quantity }) => quantity < 0)) {
      let open = -short.quantity;
      const width = (leg: MarginPosition) =>
        Math.max(0, (leg.contract.strike - short.contract.strike) * (right === 'call' ? 1 : -1));
      const naked = short.mark + nakedMargin(short.contract, spot);
      for (const long of longs.toSorted((a, b) => width(a.leg) - width(b.leg))) {
        const covered = Math.min(open, long.free);
        if (covered === 0 || width(long.leg) >= naked) continue;
        long.free -= covered;
        open -= covered;
        needed += covered * width(long.leg);
      }
      needed += open * naked;
    }
  }
  return needed;
}

function nakedMargin(contract: OptionContract, spot: number): number {
  const outOfTheMoney = Math.max(0, contract.right === 'call' ? contract.strike - spot : spot - contract.strike);
  const least = LEAST_NAKED_SHARE * (contract.right === 'call' ? spot : contract.strike);
  return Math.max(NAKED_SHARE * spot - outOfTheMoney, least);
}

/** What exercising is worth with the underlying at `spot`, a share. */
export function intrinsic({ right, strike }: OptionContract, spot: number): number {
  return Math.max(0, right === 'call' ? spot - strike : strike - spot);
}
