import type { MarketData } from '../market/market-data.ts';

/** Something a strategy decided at the close of a bar. */
export interface Decision {
  /** Open time of the bar, in milliseconds since the Unix epoch. */
  readonly ts: number;
  /** What kind of thing: `enter_long`, or `buy SPY at market`. Compared wherever a strategy begins. */
  readonly what: string;
  /** The rest: quantities and prices, which depend on what the account holds. Compared where only the future differs. */
  readonly detail: string;
}

/** Runs a strategy on some data: its decisions in order of time. Called many times; must remember nothing. */
export type Decide = (data: MarketData) => readonly Decision[];
