import { binParameter } from './parameter-bins.ts';
import type { ScoredPoint } from './scored-point.ts';
import type { SearchSpace } from './search-space.ts';

const MOST_BINS = 10;

export interface ParameterImportance {
  readonly name: string;
  /** 0 to 1; null where there are too few trials to say. */
  readonly share: number | null;
}

/**
 * How much of the spread of the trials each parameter explains alone, the most important first: of the ranks of their
 * values, the variance between groups of equal (or, where there are many values, close) parameters, over all of it, less what
 * chance explains (Kelley's epsilon squared), at least 0. What parameters do only together is nobody's share.
 */
export function parameterImportance(space: SearchSpace, points: readonly ScoredPoint[]): ParameterImportance[] {
  const scored = points.filter(({ value }) => value !== null);
  const ranks = ranksOf(scored.map(({ value }) => value as number));
  return space.dimensions
    .map((dimension) => {
      const bins = binParameter(dimension, MOST_BINS);
      const groups = scored.map(({ values }) => bins.binOf(values) ?? -1);
      return { name: dimension.name, share: explainedShare(groups, ranks) };
    })
    .sort((a, b) => (b.share ?? -1) - (a.share ?? -1));
}

function explainedShare(groups: readonly number[], ranks: Float64Array): number | null {
  const count = ranks.length;
  const mean = (count + 1) / 2;
  const sums = new Map<number, { count: number; sum: number }>();
  let total = 0;
  groups.forEach((group, at) => {
    const rank = ranks[at] as number;
    total += square(rank - mean);
    const known = sums.get(group) ?? { count: 0, sum: 0 };
    sums.set(group, { count: known.count + 1, sum: known.sum + rank });
  });
  const between = [...sums.values()].reduce(
    (sum, group) => sum + group.count * square(group.sum / group.count - mean),
    0,
  );
  const spare = count - sums.size;
  if (sums.size < 2 || spare < 1 || total === 0) return null;
  const meanSquareWithin = (total - between) / spare;
  return Math.max((between - (sums.size - 1) * meanSquareWithin) / total, 0);
}

/** Ranks from the smallest at 1; equal values share the mean of theirs. */
function ranksOf(values: readonly number[]): Float64Array {
  const order = values.map((_, at) => at).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1] as number] === values[order[from] as number]) to += 1;
    for (let at = from; at <= to; at++) ranks[order[at] as number] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return ranks;
}

function square(value: number): number {
  return value * value;
}
