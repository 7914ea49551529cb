import type { BacktestSettings } from '@tradebase/contracts';

/** What a simulation is told besides the strategy and the market. */
export interface SimulationOptions {
  /** Starting capital in the quote currency, above 0. */
  readonly initial_cash: number;
  readonly settings: BacktestSettings;
  /** Seed of whatever is random: nothing, unless a strategy or model draws numbers. */
  readonly seed: number;
}

/** How far a simulation has come: yielded between chunks, where it can also be left. */
export interface SimulationProgress {
  readonly bars_done: number;
  readonly bars_total: number;
}
