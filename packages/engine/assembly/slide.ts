/** A window's sum and what its additions rounded away: `SlidingMean` of the engine, in memory at `state`. */
export const SLIDE_BYTES: usize = 16;

/** Moves the window one value on; the same operations in the same order as `SlidingMean.slide`. */
// @ts-ignore: decorator
@inline
export function slide(state: usize, entering: f64, leaving: f64): void {
  const before = load<f64>(state);
  const change = entering - leaving;
  const changeTail = change - entering;
  const changeError = entering - (change - changeTail) - (leaving + changeTail);
  const sum = before + change;
  const sumTail = sum - before;
  const sumError = before - (sum - sumTail) + (change - sumTail);
  store<f64>(state, sum);
  store<f64>(state, load<f64>(state, 8) + (changeError + sumError), 8);
}

// @ts-ignore: decorator
@inline
export function slidingMean(state: usize, period: f64): f64 {
  return (load<f64>(state) + load<f64>(state, 8)) / period;
}
