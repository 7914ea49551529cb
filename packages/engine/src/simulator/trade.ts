import type { BacktestTrade } from '@tradebase/contracts';

/** A closed trade as the engine makes it: the contract's, with times as candles have them. */
export interface Trade extends Omit<BacktestTrade, 'entry_at' | 'exit_at'> {
  /** Open time of the entry bar, in milliseconds since the Unix epoch. */
  readonly entry_ts: number;
  /** Open time of the exit bar, in milliseconds since the Unix epoch. */
  readonly exit_ts: number;
}
