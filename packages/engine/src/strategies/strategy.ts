import type { Candles } from '@tradebase/contracts';

/** Buy at the next open, if flat. */
export const ENTER = 1;
/** Sell at the next open, if in a position. */
export const EXIT = -1;

/** A strategy with its parameters already chosen. */
export interface Strategy {
  /** Bars without a signal, however they look: the first bar that can carry one has this index. */
  readonly warm_up_bars: number;

  /**
   * One signal per bar, known at that bar's close and computed from bars up to it alone: `ENTER`, `EXIT` or 0. A signal
   * says what the market did, not what the account holds: the simulator ignores an entry in a position and an exit
   * without one.
   */
  computeSignals(candles: Candles): Int8Array<ArrayBuffer>;
}
