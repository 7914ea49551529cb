import type { Candles, StrategySpec } from '@tradebase/contracts';

/** Everything a backtest depends on: with the same input, the same engine version gives the same bytes. */
export interface BacktestInput {
  readonly candles: Candles;
  readonly strategy: StrategySpec;
  /** Starting capital in the quote currency, above 0. */
  readonly initial_cash: number;
  /** Fee of each side in basis points of the traded value, from 0 to below 10,000. */
  readonly fee_bps: number;
}
