import type { Histogram } from '@tradebase/contracts';
import { log } from '../math/logarithm.ts';
import { power } from '../math/power.ts';

const MOST_BINS = 41;
/** Narrower bins, as a share of the values, would tell rounding errors apart. */
const SMALLEST_WIDTH = 1e-12;

/**
 * Values counted in bins of equal, round width whose edges are multiples of it, so that 0 is an edge: gains and losses
 * never share a bin. The width is that of Freedman and Diaconis, 2 IQR / n^(1/3), where that makes few enough bins.
 * Values that are not finite are left out.
 */
export function histogram(values: ArrayLike<number>): Histogram {
  const ascending = finiteOf(values).sort();
  const low = ascending[0];
  const high = ascending.at(-1);
  if (low === undefined || high === undefined) return { edges: [], counts: [] };

  const finest = SMALLEST_WIDTH * Math.max(1, Math.abs(low), Math.abs(high));
  const wanted = Math.max(freedmanDiaconis(ascending), (high - low) / (MOST_BINS - 1)) || Math.abs(high) / 10 || 1;
  const width = roundUp(Math.max(finest, wanted));
  const first = Math.floor(low / width);
  const bins = Math.max(1, Math.ceil(high / width) - first);
  const counts = Array.from({ length: bins }, () => 0);
  for (const value of ascending) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor(value / width) - first));
    counts[bin] = (counts[bin] as number) + 1;
  }
  return { edges: Array.from({ length: bins + 1 }, (_, bin) => (first + bin) * width), counts };
}

function finiteOf(values: ArrayLike<number>): Float64Array {
  const finite = new Float64Array(values.length);
  let count = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (Number.isFinite(value)) finite[count++] = value;
  }
  return finite.subarray(0, count);
}

function freedmanDiaconis(ascending: Float64Array): number {
  const at = (share: number) => ascending[Math.floor(share * (ascending.length - 1))] as number;
  return (2 * (at(0.75) - at(0.25))) / power(ascending.length, 1 / 3);
}

/** The next of 1, 2, 2.5 and 5 times a power of ten. */
function roundUp(width: number): number {
  const decade = power(10, Math.floor(log(width) / Math.LN10));
  return (([1, 2, 2.5, 5] as const).find((factor) => factor * decade >= width) ?? 10) * decade;
}
