import type { HeatMap } from '@tradebase/contracts';
import type { Dimension } from './dimension.ts';
import { binParameter } from './parameter-bins.ts';
import type { ScoredPoint } from './scored-point.ts';

/** Most columns and rows. */
const MOST_BINS = 40;

/**
 * The best value over all trials that share a pair of parameters; null where there is none. Six digits are kept: a map is
 * to be looked at.
 */
export function heatMap(
  x: Dimension,
  y: Dimension,
  points: readonly ScoredPoint[],
  toShown: (value: number) => number,
): HeatMap {
  const columns = binParameter(x, MOST_BINS);
  const rows = binParameter(y, MOST_BINS);
  const best = Array.from({ length: rows.count }, () => new Array<number | null>(columns.count).fill(null));
  for (const { values, value } of points) {
    const column = columns.binOf(values);
    const row = best[rows.binOf(values) ?? -1];
    if (value === null || column === undefined || row === undefined) continue;
    const known = row[column] ?? null;
    if (known === null || value > known) row[column] = value;
  }
  return {
    x: { name: x.name, values: [...columns.labels] },
    y: { name: y.name, values: [...rows.labels] },
    values: best.map((row) => row.map((value) => (value === null ? null : Number(toShown(value).toPrecision(6))))),
  };
}
