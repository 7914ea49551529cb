/**
 * Chooses which points of a curve to draw: of each stretch the lowest and the highest of every column, the first and the
 * last point, and those in `keep`. All points when there are no more than `maxPoints`.
 *
 * @param columns of equal length; their extremes survive
 * @param keep indices to draw in any case; they count towards `maxPoints`
 * @returns ascending indices, at most `maxPoints` unless `keep` alone has nearly as many
 */
export function thinCurve(
  columns: readonly ArrayLike<number>[],
  { maxPoints, keep = [] }: { maxPoints: number; keep?: readonly number[] },
): number[] {
  const length = columns[0]?.length ?? 0;
  if (length <= maxPoints) return Array.from({ length }, (_, index) => index);
  const typed = columns.map((column) => (column instanceof Float64Array ? column : Float64Array.from(column)));

  const chosen = new Set([0, length - 1, ...keep]);
  const stretches = Math.max(1, Math.floor((maxPoints - chosen.size) / (2 * columns.length)));
  for (let stretch = 0; stretch < stretches; stretch++) {
    const start = Math.floor((stretch * length) / stretches);
    const end = Math.floor(((stretch + 1) * length) / stretches);
    for (const column of typed) {
      const { lowest, highest } = extremes(column, start, end);
      chosen.add(lowest).add(highest);
    }
  }
  return [...chosen].sort((a, b) => a - b);
}

function extremes(column: Float64Array, start: number, end: number): { lowest: number; highest: number } {
  let lowest = start;
  let highest = start;
  let low = column[start] as number;
  let high = low;
  for (let index = start + 1; index < end; index++) {
    const value = column[index] as number;
    if (value < low) {
      low = value;
      lowest = index;
    } else if (value > high) {
      high = value;
      highest = index;
    }
  }
  return { lowest, highest };
}
