/**
 * `difference`, or exactly 0 where it is no more than `tolerance`: the rounding of what was subtracted. Two averages that are
 * one number on paper differ in their last bits; without this, those bits would cross a zero line.
 */
export function unlessRounding(difference: number, tolerance: number): number {
  return Math.abs(difference) <= tolerance ? 0 : difference;
}
