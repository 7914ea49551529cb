/** An option of the main instrument. */
export interface OptionContract {
  readonly right: 'call' | 'put';
  readonly strike: number;
  /** End of its last trading day, in milliseconds since the Unix epoch. */
  readonly expiry: number;
}

/** What a contract can be bought and sold for now, a share. NaN where nobody bids. */
export interface OptionQuote {
  readonly contract: OptionContract;
  readonly bid: number;
  readonly ask: number;
  readonly mid: number;
  readonly implied_volatility: number;
  readonly delta: number;
  readonly gamma: number;
  readonly theta: number;
  readonly vega: number;
  /** Whether it was traded in the data, or comes from the model. */
  readonly source: 'data' | 'model';
}

export interface OptionPosition {
  readonly contract: OptionContract;
  /** Contracts, below 0 when short. */
  readonly quantity: number;
  readonly average_price: number;
}

/** One leg of an order; quantity below 0 sells. */
export interface OptionLeg {
  readonly contract: OptionContract;
  readonly quantity: number;
}

/** One execution of contracts within a backtest. */
export interface OptionFill {
  readonly bar: number;
  readonly ts: number;
  /** Last trading day, strike and right, as `2024-01-19 95 put`. */
  readonly contract: string;
  /** Contracts, below 0 when sold. */
  readonly quantity: number;
  /** A share. */
  readonly price: number;
  readonly fee: number;
  /** What buying at the ask or selling at the bid cost against the middle: already in the price. */
  readonly slippage: number;
  readonly reason: string;
  /** Where its price comes from: quotes of the market, the model, or the settlement of what ended. */
  readonly source: 'data' | 'model' | 'settlement';
}

/** An order of legs that did not fill, and why. */
export interface OptionRejection {
  readonly bar: number;
  readonly ts: number;
  readonly contracts: readonly string[];
  readonly reason: string;
}

/** Trades options within a backtest. Prices are a share of the underlying; one contract is `multiplier` shares. */
export interface OptionsDesk {
  readonly multiplier: number;
  /** The chain at the close of this bar: nearest expiry first, then by strike. */
  chain(): readonly OptionQuote[];
  /** The quote of one contract at the close of this bar, whether the chain lists it or not; null where it has none. */
  quote(contract: OptionContract): OptionQuote | null;
  readonly positions: readonly OptionPosition[];
  /** All legs or none, at the next bar's quotes: bought at the ask, sold at the bid. */
  submit(legs: readonly OptionLeg[], reason?: string): void;
}
