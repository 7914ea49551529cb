import { enter, leave, slipOf } from './fill';
import { markBar, markFlat, markHeld, watchShort } from './mark';
import { BY_SIGNAL, BY_TIME, SIZE_RISK, Simulation, UNIT_RISK } from './simulation-state';
import { exitWithin } from './within-bar';

/** Bit of the mask at `mask`. */
// @ts-ignore: decorator
@inline
function holds(mask: usize, bar: i32): bool {
  return ((load<u64>(mask + (<usize>(bar >>> 6) << 3)) >> <u64>(bar & 63)) & 1) != 0;
}

/** First bar from `from` on with a bit in `a & ~b | c`, or `length`. */
// @ts-ignore: decorator
@inline
function nextBar(a: usize, b: usize, c: usize, from: i32, length: i32): i32 {
  let word = from >>> 6;
  const words = (length + 63) >>> 6;
  let skip = ~(<u64>0) << <u64>(from & 63);
  while (word < words) {
    const at = <usize>word << 3;
    const bits = ((load<u64>(a + at) & ~load<u64>(b + at)) | load<u64>(c + at)) & skip;
    if (bits != 0) return min(length, (word << 6) + <i32>ctz<u64>(bits));
    skip = ~(<u64>0);
    word++;
  }
  return length;
}

/** What is ordered at the close of a bar. */
function decide(s: Simulation, bar: i32): void {
  const index = s.first_bar + bar;
  const enterLong = holds(s.enter_long, bar);
  const enterShort = holds(s.enter_short, bar);
  const wanted = enterLong == enterShort ? 0 : enterLong ? 1 : -1;
  if (s.side == 0) {
    if (wanted != 0 && index >= s.ended_bar + s.cooldown_bars) order(s, bar, wanted);
    return;
  }
  const exits = s.side > 0 ? holds(s.exit_long, bar) : holds(s.exit_short, bar);
  if (exits || wanted == -s.side) {
    s.leaving = BY_SIGNAL + 1;
    if (wanted == -s.side && s.cooldown_bars == 0) order(s, bar, wanted);
  } else if (s.time_exit_bars > 0 && index + 1 - s.entry_bar >= s.time_exit_bars) {
    s.leaving = BY_TIME + 1;
  }
}

// @ts-ignore: decorator
@inline
function read(column: usize, bar: i32): f64 {
  return column ? load<f64>(column + (<usize>bar << 3)) : NaN;
}

/** Orders an entry, unless a number that it needs is missing. */
function order(s: Simulation, bar: i32, side: i32): void {
  if (side < 0 && !s.allow_short) return;
  s.next_size = read(s.size, bar);
  s.next_max = read(s.max_percent, bar);
  s.next_stop = read(s.stop_distance, bar);
  s.next_target = read(s.target_distance, bar);
  s.next_trail = read(s.trail_distance, bar);
  s.next_activate = read(s.activate_distance, bar);
  if (!(s.next_size > 0)) return;
  if (s.sizing == SIZE_RISK && !(s.next_max > 0)) return;
  if ((s.sizing == SIZE_RISK || s.target_unit == UNIT_RISK) && !(s.next_stop > 0)) return;
  s.entering = side;
}

/** Market orders at the open of a bar: the exit first. */
// @ts-ignore: decorator
@inline
function fillAtOpen(s: Simulation, bar: i32): void {
  if (s.leaving) {
    const open = load<f64>(s.open + (<usize>bar << 3));
    if (s.cash + <f64>s.side * s.quantity * open * s.multiplier <= 0) s.ruined = 1;
    const reason = s.leaving - 1;
    s.leaving = 0;
    leave(s, bar, open, slipOf(s, open), s.taker_rate, reason);
  }
  if (s.entering) enter(s, bar);
}

/** Simulates the `length` bars of a block. docs/rule-semantics.md says what they mean. */
export function simulate(simulation: usize, length: i32): void {
  const s = changetype<Simulation>(simulation);
  const watched = s.stop_unit != 0 || s.target_unit != 0 || s.trail_unit != 0;
  let bar = 0;
  while (bar < length && !s.ruined) {
    fillAtOpen(s, bar);
    if (s.side == 0) {
      // Both entries at once are none: `a & ~b | b & ~a` in two looks.
      const from = min(length, max(bar, s.warm_up_bars - s.first_bar));
      let next = nextBar(s.enter_long, s.enter_short, s.none, from, length);
      if (s.enter_short != s.none) next = min(next, nextBar(s.enter_short, s.enter_long, s.none, from, length));
      const end = min(next + 1, length);
      markFlat(s, bar, end);
      if (next < length) decide(s, next);
      bar = end;
    } else if (watched) {
      if (s.side < 0) watchShort(s, bar, bar + 1);
      exitWithin(s, bar);
      if (s.side == 0) markFlat(s, bar, bar + 1);
      else markBar(s, bar);
      decide(s, bar);
      bar++;
    } else {
      let next = s.side > 0
        ? nextBar(s.enter_short, s.enter_long, s.exit_long, bar, length)
        : nextBar(s.enter_long, s.enter_short, s.exit_short, bar, length);
      if (s.time_exit_bars > 0) next = min(next, max(bar, s.entry_bar + s.time_exit_bars - 1 - s.first_bar));
      const end = min(next + 1, length);
      markHeld(s, bar, end);
      if (next < length) decide(s, next);
      bar = end;
    }
  }
}
