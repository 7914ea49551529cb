import { Simulation } from './simulation-state';

// `min` and `max` of two scalars are jumps that the data decides, of which a processor mispredicts half; those of lanes are not.

// @ts-ignore: decorator
@inline
function smallerLane(pair: v128): f64 {
  return f64x2.extract_lane(f64x2.pmin(pair, v128.shuffle<f64>(pair, pair, 1, 0)), 0);
}

// @ts-ignore: decorator
@inline
function largerLane(pair: v128): f64 {
  return f64x2.extract_lane(f64x2.pmax(pair, v128.shuffle<f64>(pair, pair, 1, 0)), 0);
}

/** Marks `[from, to)` of a flat account. */
export function markFlat(s: Simulation, from: i32, to: i32): void {
  if (from >= to) return;
  const cash = s.cash;
  s.peak = max<f64>(s.peak, cash);
  s.lowest_share = min<f64>(s.lowest_share, cash / s.peak);
  if (s.day_count) endDays(s, to);
  if (!s.equity) return;
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
  if (s.equity) store<f64>(s.equity + offset, mark);
  if (s.day_count) endDays(s, bar + 1);
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
  if (s.day_count) endDays(s, to);
  if (!s.equity) return markExtremes(s, from, to);
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
    let low = smallerLane(lowest);
    let high = largerLane(highest);
    if (i < stop) {
      const mark = s.cash + s.quantity * load<f64>(close) * multiplier;
      store<f64>(out, mark);
      low = min<f64>(low, mark);
      high = max<f64>(high, mark);
    }
    judge(s, low, high, bar, stop);
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
    const mark = s.cash + s.quantity * load<f64>(s.close + (<usize>bar << 3)) * s.multiplier * <f64>s.side;
    peak = max<f64>(peak, mark);
    lowest = min<f64>(lowest, mark / peak);
  }
  s.peak = peak;
  s.lowest_share = lowest;
}

/** Takes the extremes of the marks of `[from, to)` into the account, and looks at each where they do not say enough. */
// @ts-ignore: decorator
@inline
function judge(s: Simulation, low: f64, high: f64, from: i32, to: i32): void {
  if (high <= s.peak) {
    if (low < s.lowest_share * s.peak * (1 + 1e-15)) s.lowest_share = min<f64>(s.lowest_share, low / s.peak);
  } else if (low >= s.lowest_share * high * (1 + 1e-15)) {
    s.peak = high;
  } else {
    walkPeaks(s, from, to);
  }
}

/** As `markHeld`, without the marks: those of the extreme closes are the extreme marks, as a mark never falls in a close. */
function markExtremes(s: Simulation, from: i32, to: i32): void {
  let close = s.close + (<usize>from << 3);
  const end = s.close + (<usize>to << 3);
  let lowest = f64x2.splat(Infinity);
  let highest = f64x2.splat(-Infinity);
  for (; close + 24 < end; close += 32) {
    const a = v128.load(close);
    const b = v128.load(close, 16);
    lowest = f64x2.pmin(lowest, f64x2.pmin(a, b));
    highest = f64x2.pmax(highest, f64x2.pmax(a, b));
  }
  let low = smallerLane(lowest);
  let high = largerLane(highest);
  for (; close < end; close += 8) {
    const value = load<f64>(close);
    low = min<f64>(low, value);
    high = max<f64>(high, value);
  }
  const multiplier = s.multiplier * <f64>s.side;
  const a = s.cash + s.quantity * low * multiplier;
  const b = s.cash + s.quantity * high * multiplier;
  judge(s, min<f64>(a, b), max<f64>(a, b), from, to);
  if (s.side < 0) watchShort(s, from, to);
  s.bars_in_position += to - from;
}

/** Returns of the days that end before bar `to` of the block, at the marks of the present position. */
export function endDays(s: Simulation, to: i32): void {
  const until = s.first_bar + to;
  while (s.days < s.day_count) {
    const end = load<i32>(s.day_ends + (<usize>s.days << 2));
    if (end >= until) return;
    const close = load<f64>(s.close + (<usize>(end - s.first_bar) << 3));
    const mark = s.side == 0 ? s.cash : s.cash + s.quantity * close * s.multiplier * <f64>s.side;
    const growth = mark / s.day_mark - 1;
    s.day_sum += growth;
    s.day_squares += growth * growth;
    s.day_mark = mark;
    s.days++;
  }
}

/** Bytes of what `marksOf` says: the lowest mark, or a bound below it, and the highest, or a bound above it. */
export const MARKS_BYTES: i32 = 16;

/**
 * Extremes of the marks of a long position in `[from, to)`, written to `extremes`. With an equity column it is written. Without,
 * bounds from the extremes of whole words of 64 closes are enough where no mark can be under `floor` or over `peak`.
 */
// @ts-ignore: decorator
@inline
export function marksOf(
  s: Simulation, cash: f64, quantity: f64, from: i32, to: i32, floor: f64, peak: f64, extremes: usize,
): void {
  const multiplier = s.multiplier;
  let close = s.close + (<usize>from << 3);
  const end = s.close + (<usize>to << 3);
  let lowest = f64x2.splat(Infinity);
  let highest = f64x2.splat(-Infinity);
  if (s.equity) {
    const cash2 = f64x2.splat(cash);
    const quantity2 = f64x2.splat(quantity);
    const multiplier2 = f64x2.splat(multiplier);
    let out = s.equity + (<usize>from << 3);
    if (close + 8 >= end) {
      const mark = f64x2.add(cash2, f64x2.mul(f64x2.mul(quantity2, v128.load64_splat(close)), multiplier2));
      store<f64>(out, f64x2.extract_lane(mark, 0));
      lowest = mark;
      highest = mark;
    } else {
      // The last pair first: of an odd number of bars, one of it comes again.
      const back = end - close - 16;
      lowest = f64x2.add(cash2, f64x2.mul(f64x2.mul(quantity2, v128.load(close + back)), multiplier2));
      highest = lowest;
      v128.store(out + back, lowest);
      for (; close + 16 < end; close += 16) {
        const mark = f64x2.add(cash2, f64x2.mul(f64x2.mul(quantity2, v128.load(close)), multiplier2));
        v128.store(out, mark);
        lowest = f64x2.pmin(lowest, mark);
        highest = f64x2.pmax(highest, mark);
        out += 16;
      }
    }
    store<f64>(extremes, smallerLane(lowest));
    store<f64>(extremes, largerLane(highest), 8);
    return;
  }
  let word = s.extremes + (<usize>(from >>> 6) << 4);
  const lastWord = s.extremes + (<usize>((to - 1) >>> 6) << 4);
  // The lowest close and the highest with the other sign, side by side.
  let both = v128.load(word);
  for (word += 16; word <= lastWord; word += 16) both = f64x2.pmin(both, v128.load(word));
  let low = cash + quantity * f64x2.extract_lane(both, 0) * multiplier;
  let high = cash + quantity * -f64x2.extract_lane(both, 1) * multiplier;
  if (low < floor * (1 + 2e-15) || high > peak) {
    for (; close + 24 < end; close += 32) {
      const a = v128.load(close);
      const b = v128.load(close, 16);
      lowest = f64x2.pmin(lowest, f64x2.pmin(a, b));
      highest = f64x2.pmax(highest, f64x2.pmax(a, b));
    }
    for (; close < end; close += 8) {
      const value = v128.load64_splat(close);
      lowest = f64x2.pmin(lowest, value);
      highest = f64x2.pmax(highest, value);
    }
    const lowestClose = smallerLane(lowest);
    const highestClose = largerLane(highest);
    low = cash + quantity * lowestClose * multiplier;
    high = cash + quantity * highestClose * multiplier;
  }
  store<f64>(extremes, low);
  store<f64>(extremes, high, 8);
}

/** Writes the lowest of each word of 64 closes, and its highest with the other sign. */
export function word_extremes(closes: usize, length: i32, out: usize): void {
  const end = closes + (<usize>length << 3);
  for (let word = closes; word < end; word += 512) {
    const stop = min(end, word + 512);
    let lowest = v128.load64_splat(stop - 8);
    let highest = lowest;
    for (let close = word; close + 8 < stop; close += 16) {
      const pair = v128.load(close);
      lowest = f64x2.pmin(lowest, pair);
      highest = f64x2.pmax(highest, pair);
    }
    store<f64>(out, smallerLane(lowest));
    store<f64>(out, -largerLane(highest), 8);
    out += 16;
  }
}

/** Peak and deepest share of the marks of a long position in `[from, to)`, one at a time. */
export function onlyPeaks(s: Simulation, cash: f64, quantity: f64, from: i32, to: i32): void {
  const multiplier = s.multiplier;
  let peak = s.peak;
  let lowest = s.lowest_share;
  let below = lowest * peak * (1 + 1e-15);
  for (let bar = from; bar < to; bar++) {
    const mark = cash + quantity * load<f64>(s.close + (<usize>bar << 3)) * multiplier;
    if (mark > peak) {
      peak = mark;
      below = lowest * peak * (1 + 1e-15);
    } else if (mark < below) {
      lowest = min<f64>(lowest, mark / peak);
      below = lowest * peak * (1 + 1e-15);
    }
  }
  s.peak = peak;
  s.lowest_share = lowest;
}
