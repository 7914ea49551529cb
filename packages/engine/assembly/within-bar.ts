import { leave, slipOf } from './fill';
import { BY_STOP, BY_TARGET, BY_TRAIL, Simulation } from './simulation-state';

// The bar as seen by a long position: a short one is its mirror image, prices with the other sign.

/** How a reading of a bar ends: no exit, at the stop, or at the target. */
const STAYS: i32 = 0;
const AT_STOP: i32 = 1;
const AT_TARGET: i32 = 2;

/** Level at which the stop and an active trailing stop let go; -Infinity where neither does. */
// @ts-ignore: decorator
@inline
function stopLevel(stop: f64, trail: f64, activate: f64, entry: f64, best: f64): f64 {
  let level = stop == stop ? stop : -Infinity;
  if (trail == trail && best >= entry + activate) level = max<f64>(level, best - trail);
  return level;
}

/**
 * Exits of a bar at which a position was open: at its open, then within it. One that was opened there may leave at once, where
 * slippage or the grid of prices put its stop at the open or above it.
 */
export function exitWithin(s: Simulation, bar: i32): void {
  const offset = <usize>bar << 3;
  const mirror = <f64>s.side;
  const long = s.side > 0;
  const open = load<f64>(s.open + offset) * mirror;
  const high = long ? load<f64>(s.high + offset) : -load<f64>(s.low + offset);
  const low = long ? load<f64>(s.low + offset) : -load<f64>(s.high + offset);
  const close = load<f64>(s.close + offset) * mirror;
  const entry = s.entry_price * mirror;
  const best = s.best * mirror;
  const stop = s.stop * mirror;
  const target = s.target * mirror;
  const trail = s.trail;
  const activate = s.activate;
  const level = stopLevel(stop, trail, activate, entry, best);

  // A stop above the open that a position was entered at, by slippage or its tick, lets go there, and not above.
  if (open <= level) return leaveAtStop(s, bar, open, stop, open <= stop ? stop : level);
  if (open > target || (s.touch && open == target)) {
    return leave(s, bar, open * mirror, 0, s.maker_rate, BY_TARGET);
  }
  const reaches = high > target || (s.touch != 0 && high == target);
  const newBest = max<f64>(best, high);
  const newLevel = stopLevel(stop, trail, activate, entry, newBest);

  let pessimistic = STAYS;
  let pessimisticLevel = level;
  if (low <= level) pessimistic = AT_STOP;
  else if (reaches) pessimistic = AT_TARGET;
  else if (close <= newLevel) {
    pessimistic = AT_STOP;
    pessimisticLevel = newLevel;
  }
  const optimistic = reaches ? AT_TARGET : low <= newLevel ? AT_STOP : STAYS;
  if (pessimistic != optimistic || (pessimistic == AT_STOP && pessimisticLevel != newLevel)) s.ambiguous_bars++;

  const outcome = s.optimistic ? optimistic : pessimistic;
  if (outcome == AT_TARGET) leave(s, bar, target * mirror, 0, s.maker_rate, BY_TARGET);
  else if (outcome == AT_STOP) {
    const at = s.optimistic ? newLevel : pessimisticLevel;
    leaveAtStop(s, bar, at, stop, at);
  } else s.best = newBest * mirror;
}

/** `price` and levels are those of the mirror. */
function leaveAtStop(s: Simulation, bar: i32, price: f64, stop: f64, level: f64): void {
  const reference = price * <f64>s.side;
  leave(s, bar, reference, slipOf(s, reference), s.taker_rate, stop == level ? BY_STOP : BY_TRAIL);
}
