import { quantile } from '../math/quantile.ts';
import { levelCount, unitOfValue } from './dimension.ts';
import type { ScoredPoint } from './scored-point.ts';
import type { SearchSpace } from './search-space.ts';

/** Share of a range, to each side, that is the neighbourhood of a point: one level where levels lie further apart. */
const REACH = 0.1;

export interface PlateauScore {
  readonly value: number | null;
  readonly reason: string | null;
  readonly neighbours: number;
}

/**
 * How good it is around a point, relative to the point itself:
 *
 *     (mean of the neighbours - median of all) / (value of the point - median of all)
 *
 * 1 on a plateau, 0 for a peak that stands alone, below 0 in a hole. Neighbours are the trials, other than the point, that
 * are within a tenth of the range in every ordered parameter, or one level away where levels lie further apart, and equal
 * in the others. A neighbour without a value counts as the worst value of all.
 *
 * @param chosen index of the point in `points`
 */
export function plateauScore(space: SearchSpace, points: readonly ScoredPoint[], chosen: number): PlateauScore {
  const centre = points[chosen];
  const values = Float64Array.from(points.flatMap(({ value }) => (value === null ? [] : [value]))).sort();
  if (centre === undefined || centre.value === null) return none('the point has no value', 0);
  const worst = values[0] as number;
  const median = quantile(values, 0.5);
  let neighbours = 0;
  let sum = 0;
  points.forEach((point, at) => {
    if (at === chosen || !areNeighbours(space, centre, point)) return;
    neighbours += 1;
    sum += point.value ?? worst;
  });
  if (neighbours === 0) return none('no trial is near the point', 0);
  if (!(centre.value > median)) return none('the point is no better than the median of all trials', neighbours);
  return { value: (sum / neighbours - median) / (centre.value - median), reason: null, neighbours };
}

function none(reason: string, neighbours: number): PlateauScore {
  return { value: null, reason, neighbours };
}

function areNeighbours(space: SearchSpace, one: ScoredPoint, other: ScoredPoint): boolean {
  return space.dimensions.every((dimension) => {
    const a = one.values[dimension.name];
    const b = other.values[dimension.name];
    if (a === b) return true;
    if (a === undefined || b === undefined || (dimension.kind === 'list' && !dimension.ordered)) return false;
    const from = unitOfValue(dimension, a);
    const to = unitOfValue(dimension, b);
    if (from === undefined || to === undefined) return false;
    // On a logarithmic scale levels are not evenly apart: there the reach alone decides.
    const level = dimension.kind === 'steps' && dimension.log ? 0 : 1 / levelCount(dimension);
    return Math.abs(from - to) <= Math.max(REACH, level) + 1e-9;
  });
}
