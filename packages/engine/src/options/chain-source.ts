import type { DeskBar } from '../simulator/desk.ts';
import type { OptionContract, OptionQuote } from '../trading/options-desk.ts';
import { DAY_MS } from './option-calendar.ts';

/**
 * Where the quotes of a desk come from. A quote of a bar knows nothing of any bar after it, and one at its open nothing of
 * the bar itself but its open.
 */
export interface ChainSource {
  /** All quotes at the close of the bar: nearest expiry first, then by strike, calls before puts. */
  chainAtClose(bar: DeskBar): readonly OptionQuote[];
  /** The quote of one contract at the close; null where it has none. */
  quoteAtClose(contract: OptionContract, bar: DeskBar): OptionQuote | null;
  /** What a contract could be bought and sold for at the open; null where that is not known. */
  pricesAtOpen(contract: OptionContract, bar: DeskBar): OpeningPrices | null;
}

/** NaN where nobody bids or offers. */
export interface OpeningPrices {
  readonly bid: number;
  readonly ask: number;
  readonly source: 'data' | 'model';
}

/** One name for each contract: contracts that are equal have equal names. Strikes count to the cent of a cent. */
export function contractName({ right, strike, expiry }: OptionContract): string {
  return `${new Date(expiry - 1).toISOString().slice(0, 10)} ${Math.round(strike * 10_000) / 10_000} ${right}`;
}

/** The contract of a name that `contractName` made. */
export function contractNamed(name: string): OptionContract {
  const [date = '', strike = '', right] = name.split(' ');
  return { right: right === 'call' ? 'call' : 'put', strike: Number(strike), expiry: Date.parse(date) + DAY_MS };
}

/** Nearest expiry first, then by strike, calls before puts. */
export function compareContracts(a: OptionContract, b: OptionContract): number {
  return a.expiry - b.expiry || a.strike - b.strike || (a.right === b.right ? 0 : a.right === 'call' ? -1 : 1);
}
