// Four stretches of one series at once: two in the lanes of each vector. `stride` is the bytes from a column of one stretch to that
// of the next. Operations and their order are those of one stretch after the other.

// @ts-ignore: decorator
@inline
function pair(at: usize, stride: usize): v128 {
  return v128.load64_lane(at + stride, v128.load64_zero(at), 1);
}

// @ts-ignore: decorator
@inline
function storePair(at: usize, stride: usize, value: v128): void {
  v128.store64_lane(at, value, 0);
  v128.store64_lane(at + stride, value, 1);
}

/** Difference, or 0 where it is within the tolerance. */
// @ts-ignore: decorator
@inline
function unlessRounding(difference: v128, tolerance: v128): v128 {
  return v128.andnot(difference, f64x2.le(f64x2.abs(difference), tolerance));
}

/** MACD of four stretches once all averages are there. State: the four fast averages, the slow ones, those of the signal line. */
export function macd_stretches(
  state: usize, values: usize, lines: usize, signals: usize, histograms: usize, length: i32, stride: usize,
  fastWeight: f64, slowWeight: f64, signalWeight: f64, rounding: f64,
): void {
  const fastWeights = f64x2.splat(fastWeight);
  const slowWeights = f64x2.splat(slowWeight);
  const signalWeights = f64x2.splat(signalWeight);
  const roundings = f64x2.splat(rounding);
  const zero = f64x2.splat(0);
  let fastA = v128.load(state);
  let fastB = v128.load(state, 16);
  let slowA = v128.load(state, 32);
  let slowB = v128.load(state, 48);
  let signalA = v128.load(state, 64);
  let signalB = v128.load(state, 80);
  const far = stride << 1;
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 8) {
    const valueA = pair(values + i, stride);
    const valueB = pair(values + i + far, stride);
    const toleranceA = f64x2.mul(f64x2.abs(valueA), roundings);
    const toleranceB = f64x2.mul(f64x2.abs(valueB), roundings);
    fastA = f64x2.add(fastA, f64x2.mul(f64x2.sub(valueA, fastA), fastWeights));
    fastB = f64x2.add(fastB, f64x2.mul(f64x2.sub(valueB, fastB), fastWeights));
    slowA = f64x2.add(slowA, f64x2.mul(f64x2.sub(valueA, slowA), slowWeights));
    slowB = f64x2.add(slowB, f64x2.mul(f64x2.sub(valueB, slowB), slowWeights));
    const lineA = unlessRounding(f64x2.sub(fastA, slowA), toleranceA);
    const lineB = unlessRounding(f64x2.sub(fastB, slowB), toleranceB);
    signalA = f64x2.add(signalA, f64x2.mul(f64x2.sub(lineA, signalA), signalWeights));
    signalB = f64x2.add(signalB, f64x2.mul(f64x2.sub(lineB, signalB), signalWeights));
    const histogramA = unlessRounding(f64x2.sub(lineA, signalA), toleranceA);
    const histogramB = unlessRounding(f64x2.sub(lineB, signalB), toleranceB);
    storePair(lines + i, stride, lineA);
    storePair(lines + i + far, stride, lineB);
    storePair(signals + i, stride, v128.bitselect(lineA, signalA, f64x2.eq(histogramA, zero)));
    storePair(signals + i + far, stride, v128.bitselect(lineB, signalB, f64x2.eq(histogramB, zero)));
    storePair(histograms + i, stride, histogramA);
    storePair(histograms + i + far, stride, histogramB);
  }
  v128.store(state, fastA);
  v128.store(state, fastB, 16);
  v128.store(state, slowA, 32);
  v128.store(state, slowB, 48);
  v128.store(state, signalA, 64);
  v128.store(state, signalB, 80);
}

/** Writes true ranges, and returns 0, or NaN where a value may not be finite. History: a close. */
function trueRanges(highs: usize, lows: usize, closes: usize, out: usize, length: i32): f64 {
  let rest = f64x2.splat(0);
  const zero = f64x2.splat(0);
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 16) {
    const high = v128.load(highs + i);
    const low = v128.load(lows + i);
    const before = v128.load(closes + i - 8);
    v128.store(out + i, f64x2.sub(f64x2.pmax(high, before), f64x2.pmin(low, before)));
    rest = f64x2.add(rest, f64x2.mul(f64x2.add(f64x2.add(high, low), before), zero));
  }
  return f64x2.extract_lane(rest, 0) + f64x2.extract_lane(rest, 1);
}

/**
 * Wilder's averages of the true ranges of four stretches of an even length. State: the four averages. History: a close.
 *
 * @returns 0, or NaN where a value may not be finite
 */
export function atr_stretches(
  state: usize, highs: usize, lows: usize, closes: usize, out: usize, length: i32, stride: usize, weight: f64,
): f64 {
  let rest: f64 = 0;
  for (let stretch: usize = 0; stretch < 4; stretch++) {
    const from = stretch * stride;
    rest += trueRanges(highs + from, lows + from, closes + from, out + from, length);
  }
  const weights = f64x2.splat(weight);
  let a = v128.load(state);
  let b = v128.load(state, 16);
  const far = stride << 1;
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 8) {
    a = f64x2.add(a, f64x2.mul(f64x2.sub(pair(out + i, stride), a), weights));
    b = f64x2.add(b, f64x2.mul(f64x2.sub(pair(out + i + far, stride), b), weights));
    storePair(out + i, stride, a);
    storePair(out + i + far, stride, b);
  }
  v128.store(state, a);
  v128.store(state, b, 16);
  return rest;
}
