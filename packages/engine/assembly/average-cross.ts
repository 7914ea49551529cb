import { side } from './arithmetic';
import { slide, slidingMean, SLIDE_BYTES } from './slide';

// Crossings of two simple averages of one column, from rounded averages.
//
// Only the sign of their difference matters, and it is far from 0 at nearly every bar. So all averages of a column are made
// of one column of running sums, as offsets from a price of the block, in single precision; crossings of any two of them are
// told in SIMD, and a bound on the rounding says where a sign is certain. Where it is not, the sums say it in
// double precision; where they do not, the two windows are summed again with compensation. That is decisive unless the
// difference is within a few units in the last place of the tolerance itself: then the caller is told, and computes the
// averages as they are defined.

/** Unit roundoff of doubles. */
const U: f64 = 1.1102230246251565e-16;
const TOLERANCE: f64 = 1e-12;
/** Rounding of two means by definition, and of two that are compensated here, relative to the larger: generous. */
const MEAN_ERROR: f64 = 16 * U;
/** Rounding of two offsets to single precision, and of their difference, relative to the largest offset: 2^-22 and a bit. */
const SINGLE_ERROR: f64 = 2.5e-7;
/** Beyond it, single precision may overflow; below it, it may have subnormal numbers. */
const LARGEST_SINGLE: f64 = 1e37;
const SMALLEST_SINGLE: f64 = 1e-37;

/**
 * Writes the running sums of `values[-have..length)` less `reference` to `sums`, of which there is one more than of values,
 * and returns the largest absolute difference.
 */
export function running_sums(values: usize, have: i32, length: i32, reference: f64, sums: usize): f64 {
  let from = values - (<usize>have << 3);
  let count = have + length;
  store<f64>(sums, 0);
  sums += 8;
  const zero = f64x2.splat(0);
  const references = f64x2.splat(reference);
  let base = zero;
  let largest = zero;
  for (; count >= 4; count -= 4) {
    const a = f64x2.sub(v128.load(from), references);
    const b = f64x2.sub(v128.load(from, 16), references);
    largest = f64x2.pmax(largest, f64x2.pmax(f64x2.abs(a), f64x2.abs(b)));
    const a2 = f64x2.add(a, v128.shuffle<f64>(zero, a, 0, 2));
    const b2 = f64x2.add(b, v128.shuffle<f64>(zero, b, 0, 2));
    const aSum = v128.shuffle<f64>(a2, a2, 1, 1);
    const second = f64x2.add(aSum, b2);
    v128.store(sums, f64x2.add(base, a2));
    v128.store(sums, f64x2.add(base, second), 16);
    base = f64x2.add(base, v128.shuffle<f64>(second, second, 1, 1));
    from += 32;
    sums += 32;
  }
  let sum = f64x2.extract_lane(base, 0);
  let most = max<f64>(f64x2.extract_lane(largest, 0), f64x2.extract_lane(largest, 1));
  for (; count > 0; count--) {
    const value = load<f64>(from) - reference;
    sum += value;
    most = max<f64>(most, abs(value));
    store<f64>(sums, sum);
    from += 8;
    sums += 8;
  }
  return most;
}

/**
 * Writes the means of `period` values, less the reference, in single precision; what is written of bars that have fewer values
 * before them means nothing. May write past the end, up to a vector.
 *
 * @param sums of `running_sums` with the same `have`
 */
export function mean_offsets(sums: usize, have: i32, length: i32, period: i32, out: usize): void {
  const back = <usize>period << 3;
  let bar = max(0, period - 1 - have);
  let at = sums + (<usize>(have + 1 + bar) << 3);
  const shares = f64x2.splat(1 / <f64>period);
  for (; bar < length; bar += 4) {
    const a = f64x2.mul(f64x2.sub(v128.load(at), v128.load(at - back)), shares);
    const b = f64x2.mul(f64x2.sub(v128.load(at, 16), v128.load(at - back, 16)), shares);
    const both = v128.shuffle<f32>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 1, 4, 5);
    v128.store(out + (<usize>bar << 2), both);
    at += 32;
  }
}

/** Difference of the means of two bars that both have: `fast` and `slow` are bytes back, and the shares those of one value. */
// @ts-ignore: decorator
@inline
function differences(end: usize, fast: usize, slow: usize, fastShares: v128, slowShares: v128): v128 {
  const sums = v128.load(end);
  return f64x2.sub(
    f64x2.mul(f64x2.sub(sums, v128.load(end - fast)), fastShares),
    f64x2.mul(f64x2.sub(sums, v128.load(end - slow)), slowShares),
  );
}

/** Upper halves of four doubles, which have their signs. */
// @ts-ignore: decorator
@inline
function upperHalves(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7);
}

/** Scratch for the exact windows; two sums with their low parts. */
const windows = memory.data(32, 8);
/** What a sum by hand returns where even it cannot tell. */
const UNDECIDED: i32 = 2;

function exactMean(at: usize, period: i32, window: usize): f64 {
  memory.fill(window, 0, SLIDE_BYTES);
  for (let back = period - 1; back >= 0; back--) slide(window, load<f64>(at - (<usize>back << 3)), 0);
  return slidingMean(window, <f64>period);
}

/** Whether the last `count` values are one number. */
function isFlat(at: usize, count: i32): bool {
  const value = load<f64>(at);
  for (let back = 1; back < count; back++) if (load<f64>(at - (<usize>back << 3)) != value) return false;
  return true;
}

function exactSide(at: usize, fast: i32, slow: i32): i32 {
  if (isFlat(at, slow)) return 0;
  const a = exactMean(at, fast, windows);
  const b = exactMean(at, slow, windows + SLIDE_BYTES);
  const larger = max<f64>(abs(a), abs(b));
  if (abs(abs(a - b) - TOLERANCE * larger) <= MEAN_ERROR * larger) return UNDECIDED;
  return side(a, b);
}

/** Bars of which the sign is not certain, one at a time. Sets `above` and `below` in memory; 0 where one is undecided. */
function resolveWord(
  values: usize, first: i32, count: i32, fast: i32, slow: i32, margin: f64, ends: usize, verdict: usize,
): i32 {
  let above: u64 = 0;
  let below: u64 = 0;
  const fastShare: f64 = 1 / <f64>fast;
  const slowShare: f64 = 1 / <f64>slow;
  for (let i = 0; i < count; i++) {
    const at = ends + (<usize>(first + i) << 3);
    const sum = load<f64>(at);
    const d = (sum - load<f64>(at - (<usize>fast << 3))) * fastShare - (sum - load<f64>(at - (<usize>slow << 3))) * slowShare;
    let sign = i32(d > 0) - i32(d < 0);
    if (!(abs(d) > margin)) {
      sign = exactSide(values + (<usize>(first + i) << 3), fast, slow);
      if (sign == UNDECIDED) return 0;
    }
    if (sign > 0) above |= (<u64>1) << <u64>i;
    if (sign < 0) below |= (<u64>1) << <u64>i;
  }
  store<u64>(verdict, above);
  store<u64>(verdict, below, 8);
  return 1;
}

const verdict = memory.data(16, 8);

/** The bars of a word below, from the offsets of both averages, and whether one is not certain. Sets `below` in memory. */
// @ts-ignore: decorator
@inline
function signsOfOffsets(a: usize, b: usize, margins: v128): bool {
  let below: u64 = 0;
  let nearest = f32x4.splat(Infinity);
  for (let i: u64 = 0; i < 64; i += 16) {
    const d0 = f32x4.sub(v128.load(a), v128.load(b));
    const d1 = f32x4.sub(v128.load(a, 16), v128.load(b, 16));
    const d2 = f32x4.sub(v128.load(a, 32), v128.load(b, 32));
    const d3 = f32x4.sub(v128.load(a, 48), v128.load(b, 48));
    nearest = f32x4.pmin(
      f32x4.pmin(nearest, f32x4.pmin(f32x4.abs(d0), f32x4.abs(d1))),
      f32x4.pmin(f32x4.abs(d2), f32x4.abs(d3)),
    );
    // As integers, saturated: signs are kept.
    const signs = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(d0, d1), i16x8.narrow_i32x4_s(d2, d3));
    below |= <u64>i8x16.bitmask(signs) << i;
    a += 64;
    b += 64;
  }
  store<u64>(verdict, below, 8);
  return v128.any_true(f32x4.le(nearest, margins));
}

/** As `signsOfOffsets`, from the sums: with one crossing, less than to write averages and read them again. */
// @ts-ignore: decorator
@inline
function signsOfSums(end: usize, fast: i32, slow: i32, margins: v128): bool {
  const fastShares = f64x2.splat(1 / <f64>fast);
  const slowShares = f64x2.splat(1 / <f64>slow);
  const fastBytes = <usize>fast << 3;
  const slowBytes = <usize>slow << 3;
  let below: u64 = 0;
  let nearest = f64x2.splat(Infinity);
  for (let i: u64 = 0; i < 64; i += 8) {
    const d0 = differences(end, fastBytes, slowBytes, fastShares, slowShares);
    const d1 = differences(end + 16, fastBytes, slowBytes, fastShares, slowShares);
    const d2 = differences(end + 32, fastBytes, slowBytes, fastShares, slowShares);
    const d3 = differences(end + 48, fastBytes, slowBytes, fastShares, slowShares);
    nearest = f64x2.pmin(
      f64x2.pmin(nearest, f64x2.pmin(f64x2.abs(d0), f64x2.abs(d1))),
      f64x2.pmin(f64x2.abs(d2), f64x2.abs(d3)),
    );
    const signs = i16x8.narrow_i32x4_s(upperHalves(d0, d1), upperHalves(d2, d3));
    below |= <u64>i16x8.bitmask(signs) << i;
    end += 64;
  }
  store<u64>(verdict, below, 8);
  return v128.any_true(f64x2.le(nearest, margins));
}

/**
 * Masks of the bars of a block at which the mean of `fast` values crosses above and below that of `slow`.
 *
 * History: `have` values, at least `slow` or as many as there are. State: the bits of the bar before, above at 0 and below at 8,
 * and whether it had both means at 16.
 * @param sums of `running_sums` with the same `have`, `most` what it returned, and `reference` what it was given
 * @param fastOffsets and `slowOffsets` of `mean_offsets`; both 0 to tell by the sums alone
 * @returns 1, or 0 where the sign of a bar can only be told from the averages as they are defined
 */
export function average_cross(
  state: usize, values: usize, have: i32, length: i32, fast: i32, slow: i32,
  sums: usize, most: f64, reference: f64, fastOffsets: usize, slowOffsets: usize, up: usize, down: usize,
): i32 {
  const terms = <f64>(have + length);
  const margin = most * (2 * (1 / <f64>fast + 1 / <f64>slow) * terms * terms * U + 8 * U)
    + (abs(reference) + most) * (TOLERANCE * 1.01 + 2 * MEAN_ERROR);
  const single = most < LARGEST_SINGLE ? 1.001 * (most * SINGLE_ERROR + margin) + SMALLEST_SINGLE : Infinity;
  const margins = f32x4.splat(<f32>single);
  const sumMargins = f64x2.splat(most < LARGEST_SINGLE ? margin : Infinity);
  // Of bar `i`: the sum up to it, it included.
  const ends = sums + (<usize>(have + 1) << 3);
  // The first bar of the block with both means.
  const start = max(0, slow - 1 - have);
  let aboveBefore = load<u64>(state);
  let belowBefore = load<u64>(state, 8);
  let knownBefore = load<u64>(state, 16);
  for (let word = 0; word < length; word += 64) {
    const index = <usize>(word >>> 6) << 3;
    const from = max(start, word);
    const count = min(64, length - word);
    let above: u64 = 0;
    let below: u64 = 0;
    let known: u64 = count == 64 ? ~(<u64>0) : ((<u64>1) << <u64>count) - 1;
    if (from == word && count == 64) {
      const isNear = fastOffsets
        ? signsOfOffsets(fastOffsets + (<usize>word << 2), slowOffsets + (<usize>word << 2), margins)
        : signsOfSums(ends + (<usize>word << 3), fast, slow, sumMargins);
      below = load<u64>(verdict, 8);
      above = ~below;
      if (isNear) {
        if (!resolveWord(values, word, 64, fast, slow, margin, ends, verdict)) return 0;
        above = load<u64>(verdict);
        below = load<u64>(verdict, 8);
      }
    } else if (from < word + count) {
      const skipped = from - word;
      if (!resolveWord(values, from, count - skipped, fast, slow, margin, ends, verdict)) return 0;
      above = load<u64>(verdict) << <u64>skipped;
      below = load<u64>(verdict, 8) << <u64>skipped;
      known &= ~(<u64>0) << <u64>skipped;
    } else {
      known = 0;
    }
    const knownBoth = known & ((known << 1) | knownBefore);
    store<u64>(up + index, above & ~((above << 1) | aboveBefore) & knownBoth);
    store<u64>(down + index, below & ~((below << 1) | belowBefore) & knownBoth);
    const last = <u64>(count - 1);
    aboveBefore = (above >> last) & 1;
    belowBefore = (below >> last) & 1;
    knownBefore = (known >> last) & 1;
  }
  store<u64>(state, aboveBefore);
  store<u64>(state, belowBefore, 8);
  store<u64>(state, knownBefore, 16);
  return 1;
}
