import type { ParameterValues } from '@tradebase/contracts';
import { Random } from '../math/random.ts';
import { unitOfValue } from './dimension.ts';
import { HaltonSequence } from './halton-sequence.ts';
import { ParzenEstimator } from './parzen-estimator.ts';
import { pointAtUnits, type SearchSpace } from './search-space.ts';
import type { Proposal, Searcher } from './searcher.ts';
import { VisitedPoints } from './visited-points.ts';

/** Proposals of a Halton sequence before the model has anything to say. */
const START_UP = 10;
/** Points drawn from the good ones' density, of which the most promising is proposed. */
const CANDIDATES = 32;
/** Good points: a fifth of those told, at most so many. */
const GOOD_SHARE = 0.2;
const MOST_GOOD = 25;
/** Bad points that the model looks at: more would make a long search slow, and say no more. */
const MOST_BAD = 300;

interface Told {
  readonly number: number;
  readonly units: Float64Array;
  /** -Infinity where it failed. */
  readonly value: number;
}

/**
 * A tree-structured Parzen estimator: Bergstra, Bardenet, Bengio and Kegl, "Algorithms for Hyper-Parameter Optimization"
 * (2011), with kernels over all dimensions at once (Falkner, Klein and Hutter, BOHB, 2018). Models where good points lie,
 * l(x), and where the others do, g(x), and proposes points with a high l(x) / g(x), which maximises the expected
 * improvement. Proposals that were not told of yet count as bad, so that those of one portion part.
 */
export function createTpeSearcher(space: SearchSpace, { seed }: { seed: number }): Searcher {
  const visited = new VisitedPoints(space);
  const halton = new HaltonSequence(space.dimensions.length, seed);
  const pending = new Map<number, Float64Array>();
  /** Best first; equal values in order of number. */
  const told: Told[] = [];
  let asked = 0;

  const propose = (number: number): ParameterValues | undefined => {
    const candidates = told.length < START_UP ? [] : mostPromising(space, told, pending, new Random(seed, number));
    const fresh = candidates.find((values) => !visited.has(values));
    return fresh ?? visited.nearestNew(pointAtUnits(space, halton.pointAt(number - 1)));
  };

  return {
    ask(wanted) {
      const proposals: Proposal[] = [];
      while (proposals.length < wanted) {
        const values = propose(asked + 1);
        if (values === undefined) break;
        asked += 1;
        visited.add(values);
        pending.set(asked, unitsOf(space, values));
        proposals.push({ number: asked, values });
      }
      return proposals;
    },
    tell(number, value) {
      const units = pending.get(number);
      if (units === undefined) throw new RangeError(`proposal ${number} was not made, or was told of already`);
      pending.delete(number);
      insertInOrder(told, { number, units, value: value ?? Number.NEGATIVE_INFINITY });
    },
  };
}

/** Candidates of the model, the most promising first. */
function mostPromising(
  space: SearchSpace,
  told: readonly Told[],
  pending: ReadonlyMap<number, Float64Array>,
  random: Random,
): ParameterValues[] {
  const goodCount = Math.min(Math.ceil(GOOD_SHARE * told.length), MOST_GOOD);
  const succeeded = told.filter(({ value }) => value !== Number.NEGATIVE_INFINITY).length;
  const good = told.slice(0, Math.min(goodCount, succeeded)).map(({ units }) => units);
  const bad = told.slice(good.length);
  const stride = Math.ceil(bad.length / MOST_BAD);
  const others = bad.filter((_, rank) => rank % stride === 0).map(({ units }) => units);
  const goodDensity = new ParzenEstimator(space.dimensions, good);
  const otherDensity = new ParzenEstimator(space.dimensions, [...others, ...pending.values()]);
  return Array.from({ length: CANDIDATES }, () => {
    const values = pointAtUnits(space, goodDensity.draw(random));
    const units = unitsOf(space, values);
    return { values, promise: goodDensity.logDensity(units) - otherDensity.logDensity(units) };
  })
    .sort((a, b) => b.promise - a.promise)
    .map(({ values }) => values);
}

function unitsOf(space: SearchSpace, values: ParameterValues): Float64Array {
  return Float64Array.from(space.dimensions, (dimension) => {
    const value = values[dimension.name];
    return (value === undefined ? undefined : unitOfValue(dimension, value)) ?? 0.5;
  });
}

function insertInOrder(told: Told[], entry: Told): void {
  let low = 0;
  let high = told.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { value, number } = told[middle] as Told;
    if (value > entry.value || (value === entry.value && number < entry.number)) low = middle + 1;
    else high = middle;
  }
  told.splice(low, 0, entry);
}
