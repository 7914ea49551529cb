/** Columns that `fillDeviationColumns` writes; null where one is not asked for. */
export interface DeviationColumns {
  /** Sums of squared deviations from the mean. */
  readonly squares: Float64Array;
  readonly means: Float64Array | null;
  /** Each value less its mean. */
  readonly fromMeans: Float64Array | null;
}

/** K and the sums of the block so far, as in `SlidingDeviation`. */
interface Anchor {
  shift: number;
  beginning1: number;
  beginning2: number;
}

/**
 * `SlidingDeviation` over a whole column, block by block, with the same operations and the same bits: the loop keeps its
 * numbers in registers. Writes from index `period - 1` on.
 */
export function fillDeviationColumns(values: Float64Array, period: number, columns: DeviationColumns): void {
  const { squares: squaresColumn, means, fromMeans } = columns;
  const share = 1 / period;
  const worstCancellation = 1e4 + 16 * period;
  const ends1 = new Float64Array(period + 1);
  const ends2 = new Float64Array(period + 1);
  const anchor: Anchor = { shift: values[0] as number, beginning1: 0, beginning2: 0 };

  for (let start = 0; start < values.length; start += period) {
    if (start > 0) moveAnchor(anchor, values[start - 1] as number, values, start, 0, period, ends1, ends2);
    let shift = anchor.shift;
    let beginning1 = 0;
    let beginning2 = 0;
    const stop = Math.min(values.length, start + period);
    for (let i = start; i < stop; i++) {
      const value = values[i] as number;
      const d = value - shift;
      beginning1 += d;
      beginning2 += d * d;
      if (i < period - 1) continue;
      const end = i - start + 1;
      let s1 = (ends1[end] as number) + beginning1;
      let s2 = (ends2[end] as number) + beginning2;
      let part = s1 * share;
      let squares = s2 - s1 * part;
      if (squares * worstCancellation < s2) {
        moveAnchor(anchor, value, values, start, end, period, ends1, ends2);
        ({ shift, beginning1, beginning2 } = anchor);
        s1 = (ends1[end] as number) + beginning1;
        s2 = (ends2[end] as number) + beginning2;
        part = s1 * share;
        squares = Math.max(0, s2 - s1 * part);
      }
      squaresColumn[i] = squares;
      if (means !== null) means[i] = shift + part;
      if (fromMeans !== null) fromMeans[i] = value - shift - part;
    }
  }
}

/** Makes all sums around `shift`: `end` values of the block at `start` are known; the rest is of the block before. */
function moveAnchor(
  anchor: Anchor,
  shift: number,
  values: Float64Array,
  start: number,
  end: number,
  period: number,
  ends1: Float64Array,
  ends2: Float64Array,
): void {
  let s1 = 0;
  let s2 = 0;
  if (start > 0) {
    const before = start - period;
    for (let i = period - 1; i >= end; i--) {
      const d = (values[before + i] as number) - shift;
      s1 += d;
      s2 += d * d;
      ends1[i] = s1;
      ends2[i] = s2;
    }
  }
  s1 = 0;
  s2 = 0;
  for (let i = start; i < start + end; i++) {
    const d = (values[i] as number) - shift;
    s1 += d;
    s2 += d * d;
  }
  anchor.shift = shift;
  anchor.beginning1 = s1;
  anchor.beginning2 = s2;
}
