/** Of the larger of two numbers: differences up to it are rounding. As `EQUALITY_TOLERANCE` of the plan. */
const TOLERANCE: f64 = 1e-12;

/** What is not finite is not known: NaN. */
// @ts-ignore: decorator
@inline
function finite(pair: v128): v128 {
  const rest = f64x2.sub(pair, pair);
  return f64x2.sub(pair, rest);
}

// Each operator is a loop of its own: a switch within a loop would cost more than the operation.

export function add(a: usize, b: usize, out: usize, length: i32): void {
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 16) {
    v128.store(out + i, finite(f64x2.add(v128.load(a + i), v128.load(b + i))));
  }
}

export function subtract(a: usize, b: usize, out: usize, length: i32): void {
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 16) {
    v128.store(out + i, finite(f64x2.sub(v128.load(a + i), v128.load(b + i))));
  }
}

export function multiply(a: usize, b: usize, out: usize, length: i32): void {
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 16) {
    v128.store(out + i, finite(f64x2.mul(v128.load(a + i), v128.load(b + i))));
  }
}

export function divide(a: usize, b: usize, out: usize, length: i32): void {
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 16) {
    v128.store(out + i, finite(f64x2.div(v128.load(a + i), v128.load(b + i))));
  }
}

export function minimum(a: usize, b: usize, out: usize, length: i32): void {
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 16) {
    v128.store(out + i, f64x2.min(v128.load(a + i), v128.load(b + i)));
  }
}

export function maximum(a: usize, b: usize, out: usize, length: i32): void {
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 16) {
    v128.store(out + i, f64x2.max(v128.load(a + i), v128.load(b + i)));
  }
}

export function less(a: usize, b: usize, out: usize, length: i32): void {
  const one = f64x2.splat(1);
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 16) {
    v128.store(out + i, v128.and(one, f64x2.lt(v128.load(a + i), v128.load(b + i))));
  }
}

export function less_equal(a: usize, b: usize, out: usize, length: i32): void {
  const one = f64x2.splat(1);
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 16) {
    v128.store(out + i, v128.and(one, f64x2.le(v128.load(a + i), v128.load(b + i))));
  }
}

/** 1 where they are equal but for rounding (`wanted` 1), or differ (0); 0 with NaN in both cases. */
export function equality(a: usize, b: usize, out: usize, length: i32, wanted: i32): void {
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 8) {
    const x = load<f64>(a + i);
    const y = load<f64>(b + i);
    const known = x == x && y == y;
    const equal = side(x, y) == 0;
    store<f64>(out + i, known && equal == (wanted != 0) ? 1 : 0);
  }
}

/** 1 above, -1 below, 0 equal but for rounding or unknown. */
// @ts-ignore: decorator
@inline
export function side(a: f64, b: f64): i32 {
  const difference = a - b;
  const tolerance = TOLERANCE * max<f64>(abs(a), abs(b));
  return i32(difference > tolerance) - i32(difference < -tolerance);
}

/**
 * 1 where `a` crosses `b` to the other side: above (`direction` 1) or below (-1) now, and not yet at the bar before.
 * State: i32 side at the bar before, at 0; whether it was known, at 4.
 */
export function crosses(state: usize, a: usize, b: usize, out: usize, length: i32, direction: i32): void {
  let before = load<i32>(state);
  let known = load<i32>(state, 4);
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 8) {
    const x = load<f64>(a + i);
    const y = load<f64>(b + i);
    const isKnown = i32(x == x && y == y);
    const now = side(x, y) * direction;
    store<f64>(out + i, f64(i32(now > 0) & i32(before <= 0) & known & isKnown));
    before = now;
    known = isKnown;
  }
  store<i32>(state, before);
  store<i32>(state, known, 4);
}

/** `inputs` of so many bars ago. History: `bars` values. */
export function shift(values: usize, out: usize, length: i32, bars: i32): void {
  memory.copy(out, values - (<usize>bars << 3), <usize>length << 3);
}

/** Keeps the last `history` values of a block before the next one. */
export function keep_history(values: usize, length: i32, history: i32): void {
  const bytes = <usize>history << 3;
  memory.copy(values - bytes, values + (<usize>length << 3) - bytes, bytes);
}

export function fill(out: usize, length: i32, value: f64): void {
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 8) store<f64>(out + i, value);
}

/** Truth of numbers: neither 0 nor NaN. */
// @ts-ignore: decorator
@inline
function truth(value: f64): i32 {
  return i32(value < 0) | i32(value > 0);
}

export function and(a: usize, b: usize, out: usize, length: i32): void {
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 8) {
    store<f64>(out + i, f64(truth(load<f64>(a + i)) & truth(load<f64>(b + i))));
  }
}

export function or(a: usize, b: usize, out: usize, length: i32): void {
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 8) {
    store<f64>(out + i, f64(truth(load<f64>(a + i)) | truth(load<f64>(b + i))));
  }
}

export function not(a: usize, out: usize, length: i32): void {
  for (let i: usize = 0, end = <usize>length << 3; i < end; i += 8) {
    store<f64>(out + i, f64(1 - truth(load<f64>(a + i))));
  }
}

/** How many of the values are finite before one is not. */
export function finite_run(values: usize, length: i32): i32 {
  const end = values + (<usize>length << 3);
  let at = values;
  while (at + 8 < end) {
    const pair = v128.load(at);
    const rest = f64x2.sub(pair, pair);
    // Not finite less itself is NaN, which is not equal to itself.
    if (v128.any_true(f64x2.ne(rest, rest))) break;
    at += 16;
  }
  while (at < end) {
    const value = load<f64>(at);
    if (value - value != 0) break;
    at += 8;
  }
  return <i32>((at - values) >>> 3);
}
