/**
 * What a simulation is told and where it stands. The engine's `simulation-layout.ts` names the same fields in the same
 * order: doubles first, then 32-bit integers.
 */
// @ts-ignore: decorator
@unmanaged
export class Simulation {
  // Told once.
  taker_rate: f64;
  maker_rate: f64;
  /** Slippage of a market order: this amount, and this share of the price. */
  slip_amount: f64;
  slip_share: f64;
  multiplier: f64;
  lot_size: f64;
  tick_size: f64;
  min_notional: f64;
  // The account.
  cash: f64;
  /** Units held, without sign. */
  quantity: f64;
  entry_price: f64;
  entry_fee: f64;
  entry_slippage: f64;
  peak: f64;
  lowest_share: f64;
  fees: f64;
  slippage: f64;
  turnover: f64;
  // Of the position: levels, NaN where there is none, and the best price since entry.
  stop: f64;
  target: f64;
  trail: f64;
  activate: f64;
  best: f64;
  // Read at the bar of the signal, for the entry that is ordered.
  next_size: f64;
  next_max: f64;
  next_stop: f64;
  next_target: f64;
  next_trail: f64;
  next_activate: f64;

  /** Mark at the end of the day before, and sums of the daily returns and of their squares. */
  day_mark: f64;
  day_sum: f64;
  day_squares: f64;

  // Told once.
  sizing: i32;
  stop_unit: i32;
  target_unit: i32;
  trail_unit: i32;
  activate_unit: i32;
  warm_up_bars: i32;
  time_exit_bars: i32;
  cooldown_bars: i32;
  allow_short: i32;
  /** Whether the optimistic reading of a bar counts. */
  optimistic: i32;
  /** Whether a target fills when price touches it. */
  touch: i32;
  // Columns of the block, 0 where the strategy has none.
  open: usize;
  high: usize;
  low: usize;
  close: usize;
  size: usize;
  max_percent: usize;
  stop_distance: usize;
  target_distance: usize;
  trail_distance: usize;
  activate_distance: usize;
  // Masks of the signals of the block.
  enter_long: usize;
  exit_long: usize;
  enter_short: usize;
  exit_short: usize;
  /** A mask without a bit. */
  none: usize;
  /** Where the marks of the block go; 0 where only their extremes are wanted. */
  equity: usize;
  /** Extremes of each 64 closes of the block, for `simulate_plain`; 0 where there are none. */
  extremes: usize;
  // Columns of the trades that have closed.
  trade_direction: usize;
  trade_reason: usize;
  trade_entry_bar: usize;
  trade_exit_bar: usize;
  trade_entry_price: usize;
  trade_exit_price: usize;
  trade_quantity: usize;
  trade_fee: usize;
  trade_slippage: usize;
  trade_pnl: usize;
  trade_return: usize;
  trades: i32;
  /** Closed trades that won, and all that have closed. */
  wins: i32;
  closed: i32;
  /** Bars of the series that are the last of their day, ascending, and how many there are; 0 where days are not wanted. */
  day_ends: usize;
  day_count: i32;
  /** How many have ended. */
  days: i32;
  // The account.
  /** 1 long, -1 short, 0 flat. */
  side: i32;
  entry_bar: i32;
  /** Bar in which the last position ended. */
  ended_bar: i32;
  /** Reason of a market exit that is ordered, plus 1; 0 for none. */
  leaving: i32;
  /** Side of an entry that is ordered, 0 for none. */
  entering: i32;
  bars_in_position: i32;
  ambiguous_bars: i32;
  /** Set when an account with a short fell to 0 or below, which this path does not settle. */
  ruined: i32;
  /** Index of the first bar of the block within the series. */
  first_bar: i32;
}

export const SIZE_QUANTITY: i32 = 0;
export const SIZE_VALUE: i32 = 1;
export const SIZE_PERCENT: i32 = 2;
export const SIZE_RISK: i32 = 3;

export const UNIT_NONE: i32 = 0;
export const UNIT_PERCENT: i32 = 1;
export const UNIT_PRICE: i32 = 2;
/** Multiples of the distance to the stop. */
export const UNIT_RISK: i32 = 3;

// Indices in EXIT_REASONS of the engine.
export const BY_SIGNAL: i32 = 0;
export const BY_STOP: i32 = 1;
export const BY_TARGET: i32 = 2;
export const BY_TRAIL: i32 = 3;
export const BY_TIME: i32 = 4;
