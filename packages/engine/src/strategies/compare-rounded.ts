/**
 * 1 when `a` is above `b`, -1 when it is below, 0 when they differ by no more than `tolerance`: the rounding error of
 * the two. Two averages that are the same number on paper (a flat market, a straight ramp) come out of different sums
 * with a different last bit; without this, that bit would trade.
 */
export function compareRounded(a: number, b: number, tolerance: number): -1 | 0 | 1 {
  const difference = a - b;
  if (difference > tolerance) return 1;
  if (difference < -tolerance) return -1;
  return 0;
}
