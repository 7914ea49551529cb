/** Of the time that two series cover, how many bars the one with fewer has there, and how many of them both have. */
export function sharedTimes(a: Float64Array, b: Float64Array): { shared: number; bars: number } {
  const from = Math.max(a[0] ?? NaN, b[0] ?? NaN);
  const to = Math.min(a.at(-1) ?? NaN, b.at(-1) ?? NaN);
  const inA = a.filter((ts) => ts >= from && ts <= to);
  const inB = b.filter((ts) => ts >= from && ts <= to);
  let shared = 0;
  for (let i = 0, j = 0; i < inA.length && j < inB.length; ) {
    const [left, right] = [inA[i] as number, inB[j] as number];
    if (left === right) shared++;
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return { shared, bars: Math.min(inA.length, inB.length) };
}
