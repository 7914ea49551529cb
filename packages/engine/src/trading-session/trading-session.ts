import type { PushOptions, SessionBar } from './session-input.ts';
import type { BarOutcome, OrderNews } from './session-outcome.ts';

/**
 * A strategy that trades bar by bar as bars come in: the backtest of the same candles, fill by fill, as long as its driver
 * decides nothing. With decisions it is a function of them and the bars: pushed the same bars, with the same decisions between the
 * same two bars, another session has the same orders, fills and `digest`.
 *
 * What is ordered at the close of a bar can fill from the next one on. Between two pushes the driver may refuse or cancel it.
 */
export interface TradingSession {
  /** Bars of the clock so far, those of the warm-up counted. */
  readonly bars: number;
  readonly is_paused: boolean;
  /**
   * The next closed bar of the clock: one bar of each instrument that has one, all of one time, later than all before.
   *
   * @throws EngineError for bars that make no sense (`non_ascending_ts`, `invalid_ts`, `invalid_price`, `invalid_range`, `invalid_volume`,
   * `unknown_instrument`, `duplicate_instrument`, `unknown_column`, `empty_candles`): the session is as it was before;
   * `equity_overflow`, after which it takes no more bars
   */
  push(bars: SessionBar | readonly SessionBar[], options?: PushOptions): BarOutcome;
  /**
   * Refuses an order that works, of stock or options: it becomes `rejected` with this reason and never fills. One that has
   * filled in part is cancelled. Nothing happens where it does not work.
   */
  reject(orderId: string, reason: string): OrderNews;
  /**
   * While paused nothing is opened: working orders that open are cancelled now, and those that the strategy places are rejected with the
   * reason `paused`. Orders that make a position smaller go on.
   */
  setPaused(isPaused: boolean): OrderNews;
  /** Cancels every order that works, brackets too. */
  cancelAll(): OrderNews;
  /**
   * Cancels every order and orders all positions closed at market, which fills in the next bar as in a backtest. The strategy may open
   * anew: pause it first. Long options that nobody bids for are left to expire.
   */
  closeAll(reason: string): OrderNews;
  /** SHA-256 of the state of account and orders, and of all fills and equity so far: equal sessions have equal ones. */
  digest(): string;
}
