// Bollinger bands of a sliding window: `fillDeviationColumns` of the engine says what is computed, and why so. Its blocks know
// nothing of each other but the values, so each is summed in vectors, sum and sum of squares in the two lanes; only a block in
// which the anchor moves is taken one value at a time.

/** Sums of the block from its beginning and of the block before to its end, side by side; the scratch has `2 * period + 2` pairs. */
// @ts-ignore: decorator
@inline
function sumBlock(values: usize, period: i32, shift: f64, begun: usize, ends: usize): void {
  const shifts = f64x2.splat(shift);
  let beginning = f64x2.splat(0);
  let end = f64x2.splat(0);
  let back = values - 8;
  let endAt = ends + (<usize>period << 4);
  v128.store(endAt, end);
  const stop = values + (<usize>period << 3);
  for (let at = values; at < stop; at += 8) {
    const d = f64x2.sub(v128.load64_splat(at), shifts);
    // d and d * d: a product with 1 changes nothing.
    beginning = f64x2.add(beginning, f64x2.mul(d, f64x2.replace_lane(d, 0, 1)));
    v128.store(begun, beginning);
    begun += 16;
    const e = f64x2.sub(v128.load64_splat(back), shifts);
    end = f64x2.add(end, f64x2.mul(e, f64x2.replace_lane(e, 0, 1)));
    endAt -= 16;
    v128.store(endAt, end);
    back -= 8;
  }
}

/** A block in which the anchor moves, as the definition has it. */
function bandsOneByOne(
  values: usize, count: i32, period: i32, deviations: f64, upper: usize, middle: usize, lower: usize, ends: usize,
): void {
  const share: f64 = 1 / <f64>period;
  const worst = <f64>(10000 + 16 * period);
  let shift = load<f64>(values - 8);
  let s1: f64 = 0;
  let s2: f64 = 0;
  let beginning1: f64 = 0;
  let beginning2: f64 = 0;
  for (let i = 0; i < count; i++) {
    const value = load<f64>(values + (<usize>i << 3));
    const d = value - shift;
    beginning1 += d;
    beginning2 += d * d;
    const at = ends + (<usize>(i + 1) << 4);
    s1 = load<f64>(at) + beginning1;
    s2 = load<f64>(at, 8) + beginning2;
    let part = s1 * share;
    let squares = s2 - s1 * part;
    if (squares * worst < s2) {
      shift = value;
      let e1: f64 = 0;
      let e2: f64 = 0;
      for (let k = period - 1; k >= i + 1; k--) {
        const e = load<f64>(values + (<usize>k << 3) - (<usize>period << 3)) - shift;
        e1 += e;
        e2 += e * e;
        store<f64>(ends + (<usize>k << 4), e1);
        store<f64>(ends + (<usize>k << 4), e2, 8);
      }
      beginning1 = 0;
      beginning2 = 0;
      for (let k = 0; k <= i; k++) {
        const b = load<f64>(values + (<usize>k << 3)) - shift;
        beginning1 += b;
        beginning2 += b * b;
      }
      s1 = load<f64>(at) + beginning1;
      s2 = load<f64>(at, 8) + beginning2;
      part = s1 * share;
      squares = max<f64>(0, s2 - s1 * part);
    }
    const mean = shift + part;
    const distance = deviations * sqrt<f64>(squares * share);
    const offset = <usize>i << 3;
    store<f64>(upper + offset, mean + distance);
    store<f64>(middle + offset, mean);
    store<f64>(lower + offset, mean - distance);
  }
}

/** The values at the same place of two blocks that follow each other. */
// @ts-ignore: decorator
@inline
function pairOf(at: usize, bytes: usize): v128 {
  return v128.load64_lane(at + bytes, v128.load64_zero(at), 1);
}

// @ts-ignore: decorator
@inline
function storePair(at: usize, bytes: usize, pair: v128): void {
  v128.store64_lane(at, pair, 0);
  v128.store64_lane(at + bytes, pair, 1);
}

/**
 * Bands of two whole blocks that follow each other, one in each lane: as `bands` of one after the other. Scratch: as there.
 *
 * @returns 0, or NaN where a value may not be finite
 */
// @ts-ignore: decorator
@inline
function bandsOfTwo(
  from: usize, period: i32, deviations: f64, upper: usize, middle: usize, lower: usize, scratch: usize, ends: usize,
): f64 {
  const bytes = <usize>period << 3;
  const share: f64 = 1 / <f64>period;
  const shares = f64x2.splat(share);
  const worst = f64x2.splat(<f64>(10000 + 16 * period));
  const factors = f64x2.splat(deviations);
  const shifts = pairOf(from - 8, bytes);
  // Sums of the blocks before, from each place after the first to the end.
  let s1 = f64x2.splat(0);
  let s2 = s1;
  let sums = scratch + (bytes << 2);
  for (let at = from - 8, stop = from - bytes; at >= stop; at -= 8) {
    v128.store(sums, s1);
    v128.store(sums, s2, 16);
    sums -= 32;
    const d = f64x2.sub(pairOf(at, bytes), shifts);
    s1 = f64x2.add(s1, d);
    s2 = f64x2.add(s2, f64x2.mul(d, d));
  }
  sums += 32;
  let begun1 = f64x2.splat(0);
  let begun2 = begun1;
  let moves = begun1;
  for (let i: usize = 0; i < bytes; i += 8) {
    const d = f64x2.sub(pairOf(from + i, bytes), shifts);
    begun1 = f64x2.add(begun1, d);
    begun2 = f64x2.add(begun2, f64x2.mul(d, d));
    s1 = f64x2.add(v128.load(sums), begun1);
    s2 = f64x2.add(v128.load(sums, 16), begun2);
    sums += 32;
    const part = f64x2.mul(s1, shares);
    const squares = f64x2.sub(s2, f64x2.mul(s1, part));
    moves = v128.or(moves, f64x2.lt(f64x2.mul(squares, worst), s2));
    const mean = f64x2.add(shifts, part);
    const distance = f64x2.mul(factors, f64x2.sqrt(f64x2.mul(squares, shares)));
    storePair(upper + i, bytes, f64x2.add(mean, distance));
    storePair(middle + i, bytes, mean);
    storePair(lower + i, bytes, f64x2.sub(mean, distance));
  }
  if (v128.any_true(moves)) {
    for (let block: usize = 0; block <= bytes; block += bytes) {
      sumBlock(from + block, period, load<f64>(from + block - 8), scratch, ends);
      bandsOneByOne(from + block, period, period, deviations, upper + block, middle + block, lower + block, ends);
    }
  }
  return f64x2.extract_lane(begun2, 0) * 0 + f64x2.extract_lane(begun2, 1) * 0;
}

/**
 * Bands of `length` values, which begin a block of `period` values. History: `period` values. Scratch: `2 * period + 4` pairs.
 *
 * @returns 0, or NaN where a value may not be finite, and the bands mean nothing
 */
export function bands(
  values: usize, length: i32, period: i32, deviations: f64, upper: usize, middle: usize, lower: usize, scratch: usize,
): f64 {
  let rest: f64 = 0;
  const share: f64 = 1 / <f64>period;
  const shares = f64x2.splat(share);
  const worst = f64x2.splat(<f64>(10000 + 16 * period));
  const factors = f64x2.splat(deviations);
  const begun = scratch;
  const ends = scratch + (<usize>(period + 2) << 4);
  let start = 0;
  for (; start + 2 * period <= length; start += 2 * period) {
    const offset = <usize>start << 3;
    rest += bandsOfTwo(
      values + offset, period, deviations, upper + offset, middle + offset, lower + offset, scratch, ends,
    );
  }
  for (; start < length; start += period) {
    const from = values + (<usize>start << 3);
    const shift = load<f64>(from - 8);
    const shifts = f64x2.splat(shift);
    sumBlock(from, period, shift, begun, ends);
    const count = min(period, length - start);
    rest += load<f64>(begun + (<usize>(count - 1) << 4), 8) * 0;
    let moves = f64x2.splat(0);
    const offset = <usize>start << 3;
    for (let i: usize = 0, stop = <usize>count; i < stop; i += 2) {
      const a = f64x2.add(v128.load(ends + ((i + 1) << 4)), v128.load(begun + (i << 4)));
      const b = f64x2.add(v128.load(ends + ((i + 2) << 4)), v128.load(begun + ((i + 1) << 4)));
      const s1 = v128.shuffle<f64>(a, b, 0, 2);
      const s2 = v128.shuffle<f64>(a, b, 1, 3);
      const part = f64x2.mul(s1, shares);
      const squares = f64x2.sub(s2, f64x2.mul(s1, part));
      const moved = f64x2.lt(f64x2.mul(squares, worst), s2);
      // Of an odd block the second lane of the last pair is beyond it.
      moves = v128.or(moves, i + 1 < stop ? moved : v128.and(moved, i64x2(-1, 0)));
      const mean = f64x2.add(shifts, part);
      const distance = f64x2.mul(factors, f64x2.sqrt(f64x2.mul(squares, shares)));
      const at = offset + (i << 3);
      v128.store(upper + at, f64x2.add(mean, distance));
      v128.store(middle + at, mean);
      v128.store(lower + at, f64x2.sub(mean, distance));
    }
    if (v128.any_true(moves)) {
      bandsOneByOne(from, count, period, deviations, upper + offset, middle + offset, lower + offset, ends);
    }
  }
  return rest;
}
