import type { MarketData } from '../market/market-data.ts';
import type { OptionFill, OptionRejection, OptionsDesk } from '../trading/options-desk.ts';
import type { OpenPosition } from '../trading/simulation-result.ts';
import type { Trade } from '../trading/trade-list.ts';
import type { SimulationOptions } from './simulation-options.ts';

/** A bar of the account's clock on which the main instrument has a candle. */
export interface DeskBar {
  /** Index on the account's clock. */
  readonly bar: number;
  /** Open time, and the time at which the bar is known. */
  readonly ts: number;
  readonly available_at: number;
  /** Index of the main instrument's candle. */
  readonly candle: number;
  /** Open time of its next candle, which the exchange's calendar tells; null after the last. */
  readonly next_ts: number | null;
}

/** A closed option trade, as the trade list holds it: prices a share, quantity in shares (contracts times multiplier). */
export type DeskTrade = Omit<Trade, 'seq' | 'instrument' | 'carry' | 'pnl' | 'return_pct'>;

/** What a desk may see of the account and do to it. Amounts are in the quote currency. */
export interface DeskAccount {
  readonly cash: number;
  /** Cash plus all positions at their last prices, those of the desk included. */
  readonly equity: number;
  /** What further positions may use: equity less the margin in use, of the desk and of the stock. */
  readonly freeMargin: number;
  /** Units of the main instrument held, below 0 when short. */
  readonly stockPosition: number;
  /** Adds `amount` to cash, below 0 takes it: premiums and cash settlements. Counted in no total of costs. */
  postPremium(amount: number): void;
  /** Takes a fee from cash and counts it among the fees. */
  postFee(fee: number): void;
  /** Counts slippage that is in the prices already; cash stays as it is. */
  recordSlippage(amount: number): void;
  /** Adds the value of an execution, above 0, to the turnover. */
  recordTurnover(value: number): void;
  /** Enters a closed option trade in the trade list. */
  recordTrade(trade: DeskTrade): void;
  /** Buys (above 0) or sells shares of the main instrument at exactly `price`, without fee, slippage or margin check. */
  deliverStock(quantity: number, price: number, reason: 'assignment' | 'expiry'): void;
}

/**
 * A desk as the simulator drives it. For each bar of the main instrument, in this order:
 *
 * 1. `openBar`, before any order for the stock fills: contracts whose expiry is at or before the bar's open are settled,
 *    early assignment is decided, and legs that were submitted at earlier closes fill if this bar's opening quotes are theirs;
 * 2. the stock's orders fill;
 * 3. `closeBar`: legs that fill at closing quotes fill, and positions are marked;
 * 4. `valueAtClose` enters equity, `marginRequirement` the check for liquidation;
 * 5. the agent sees the desk through `TradingContext.options`.
 */
export interface Desk extends OptionsDesk {
  openBar(bar: DeskBar, account: DeskAccount): void;
  closeBar(bar: DeskBar, account: DeskAccount): void;
  /** What all option positions are worth at their last marks; below 0 where more is short than long. */
  valueAtClose(): number;
  /** Equity that option positions tie up. */
  marginRequirement(): number;
  /** Closes every position at once, at the last quotes: the account is being liquidated. */
  liquidate(bar: DeskBar, account: DeskAccount): void;
  /** Positions that are open at the end; `contract` says which. */
  readonly openPositions: readonly OpenPosition[];
  /** Executions and refused orders, for the record. */
  readonly fills?: readonly OptionFill[];
  readonly rejections?: readonly OptionRejection[];
}

/** Opens a desk for one simulation. */
export type OpenDesk = (data: MarketData, options: SimulationOptions) => Desk;
