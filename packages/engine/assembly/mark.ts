import { Simulation } from './simulation-state';

/** Marks `[from, to)` of a flat account. */
export function markFlat(s: Simulation, from: i32, to: i32): void {
  if (from >= to) return;
  const cash = s.cash;
  s.lowest_share = min<f64>(s.lowest_share, cash / s.peak);
  let at = s.equity + (<usize>from << 3);
  const end = s.equity + (<usize>to << 3);
  const pair = f64x2.splat(cash);
  for (; at + 8 < end; at += 16) v128.store(at, pair);
  if (at < end) store<f64>(at, cash);
}

/** Marks one bar with a position. */
export function markBar(s: Simulation, bar: i32): void {
  const offset = <usize>bar << 3;
  const mark = s.cash + s.quantity * load<f64>(s.close + offset) * s.multiplier * <f64>s.side;
  store<f64>(s.equity + offset, mark);
  s.peak = max<f64>(s.peak, mark);
  s.lowest_share = min<f64>(s.lowest_share, mark / s.peak);
  if (s.side < 0) watchShort(s, bar, bar + 1);
  s.bars_in_position++;
}

/** Bars whose extremes are looked at together. */
const STRETCH: i32 = 64;

/**
 * Marks `[from, to)` with a position that does not change. The peak and the deepest share of it come from the extremes of
 * a stretch where those say enough: they do unless a stretch could go deeper than any before and has a new peak in it.
 */
export function markHeld(s: Simulation, from: i32, to: i32): void {
  const multiplier = s.multiplier * <f64>s.side;
  const cash2 = f64x2.splat(s.cash);
  const quantity2 = f64x2.splat(s.quantity);
  const multiplier2 = f64x2.splat(multiplier);
  let bar = from;
  while (bar < to) {
    const stop = min(to, bar + STRETCH);
    let close = s.close + (<usize>bar << 3);
    let out = s.equity + (<usize>bar << 3);
    let lowest = f64x2.splat(Infinity);
    let highest = f64x2.splat(-Infinity);
    let i = bar;
    for (; i + 1 < stop; i += 2) {
      const mark = f64x2.add(cash2, f64x2.mul(f64x2.mul(quantity2, v128.load(close)), multiplier2));
      v128.store(out, mark);
      lowest = f64x2.pmin(lowest, mark);
      highest = f64x2.pmax(highest, mark);
      close += 16;
      out += 16;
    }
    let low = min<f64>(f64x2.extract_lane(lowest, 0), f64x2.extract_lane(lowest, 1));
    let high = max<f64>(f64x2.extract_lane(highest, 0), f64x2.extract_lane(highest, 1));
    if (i < stop) {
      const mark = s.cash + s.quantity * load<f64>(close) * multiplier;
      store<f64>(out, mark);
      low = min<f64>(low, mark);
      high = max<f64>(high, mark);
    }
    if (high <= s.peak) {
      if (low < s.lowest_share * s.peak * (1 + 1e-15)) s.lowest_share = min<f64>(s.lowest_share, low / s.peak);
    } else if (low / high >= s.lowest_share) {
      s.peak = high;
    } else {
      walkPeaks(s, bar, stop);
    }
    bar = stop;
  }
  if (s.side < 0) watchShort(s, from, to);
  s.bars_in_position += to - from;
}

/** A short that would have lost all at the high of a bar is for the caller: it is liquidated within the bar. */
export function watchShort(s: Simulation, from: i32, to: i32): void {
  let highest: f64 = 0;
  for (let bar = from; bar < to; bar++) highest = max<f64>(highest, load<f64>(s.high + (<usize>bar << 3)));
  if (s.cash - s.quantity * highest * s.multiplier <= 0) s.ruined = 1;
}

function walkPeaks(s: Simulation, from: i32, to: i32): void {
  let peak = s.peak;
  let lowest = s.lowest_share;
  for (let bar = from; bar < to; bar++) {
    const mark = load<f64>(s.equity + (<usize>bar << 3));
    peak = max<f64>(peak, mark);
    lowest = min<f64>(lowest, mark / peak);
  }
  s.peak = peak;
  s.lowest_share = lowest;
}
