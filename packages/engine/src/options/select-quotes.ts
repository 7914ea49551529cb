import type { OptionContract, OptionQuote } from '../trading/options-desk.ts';
import { daysToExpiry } from './option-calendar.ts';

/** The quotes of the expiry that is nearest to `target` days away, at least `least`; the earlier of two. None where there is none. */
export function quotesOfExpiryNear(
  chain: readonly OptionQuote[],
  ts: number,
  target: number,
  least = 1,
): readonly OptionQuote[] {
  let best = NaN;
  let bestDistance = Infinity;
  for (const { contract } of chain) {
    const days = daysToExpiry(contract.expiry, ts);
    const distance = Math.abs(days - target);
    if (days < least || distance >= bestDistance) continue;
    best = contract.expiry;
    bestDistance = distance;
  }
  return chain.filter(({ contract }) => contract.expiry === best);
}

/** The quote of this right whose delta is nearest to `delta` in size, of those with a bid and an offer. */
export function quoteByDelta(
  quotes: readonly OptionQuote[],
  right: OptionContract['right'],
  delta: number,
): OptionQuote | null {
  return nearest(quotes, right, (quote) => Math.abs(Math.abs(quote.delta) - delta));
}

/** The quote of this right whose strike is nearest to `strike`, of those with a bid and an offer. */
export function quoteByStrike(
  quotes: readonly OptionQuote[],
  right: OptionContract['right'],
  strike: number,
): OptionQuote | null {
  return nearest(quotes, right, (quote) => Math.abs(quote.contract.strike - strike));
}

function nearest(
  quotes: readonly OptionQuote[],
  right: OptionContract['right'],
  distanceOf: (quote: OptionQuote) => number,
): OptionQuote | null {
  let best: OptionQuote | null = null;
  let bestDistance = Infinity;
  for (const quote of quotes) {
    if (quote.contract.right !== right || !(quote.bid > 0) || !(quote.ask > 0)) continue;
    const distance = distanceOf(quote);
    if (!(distance < bestDistance)) continue;
    best = quote;
    bestDistance = distance;
  }
  return best;
}
