/** |actual - expected| over |expected|; 0 when both are the same, whatever they are. */
export function relativeError(actual: number, expected: number): number {
  return Object.is(actual, expected) || actual === expected ? 0 : Math.abs(actual - expected) / Math.abs(expected);
}

/** Wherever `actual` is further from `expected` than `tolerance` times `scale` at that index, or only one is NaN. */
export function mismatches(
  actual: Float64Array,
  expected: Float64Array,
  tolerance: number,
  scale: Float64Array = expected,
): { index: number; actual: number; expected: number }[] {
  const found = [];
  for (let index = 0; index < Math.max(actual.length, expected.length); index++) {
    const [a = Infinity, e = Infinity, s = 0] = [actual[index], expected[index], scale[index]];
    const close = Number.isNaN(e) ? Number.isNaN(a) : Math.abs(a - e) <= tolerance * Math.abs(s);
    if (!close) found.push({ index, actual: a, expected: e });
  }
  return found;
}
