import { MAX_TRIALS } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import { Random } from '../math/random.ts';
import { gridSize, pointAtIndex, type SearchSpace } from './search-space.ts';
import type { Proposal, Searcher } from './searcher.ts';

/**
 * Every point of the grid in order of its index, or, where `sample` is less than all, that many different points drawn
 * without replacement.
 *
 * @throws EngineError `invalid_search_space` where the grid has no end, or too many points to try them all
 */
export function createGridSearcher(
  space: SearchSpace,
  { sample, seed }: { sample: number | null; seed: number },
): Searcher {
  const indices = sample !== null && sample < space.size ? drawIndices(space, sample, seed) : null;
  const count = indices?.length ?? gridSize(space);
  let asked = 0;
  return {
    ask(wanted) {
      const proposals: Proposal[] = [];
      for (; proposals.length < wanted && asked < count; asked++) {
        proposals.push({ number: asked + 1, values: pointAtIndex(space, indices?.[asked] ?? asked) });
      }
      return proposals;
    },
    // A grid is what it is, whatever comes of it.
    tell() {},
  };
}

/** Different indices, each set equally likely (Floyd's algorithm), in ascending order. */
function drawIndices(space: SearchSpace, sample: number, seed: number): Float64Array {
  if (space.size === Number.POSITIVE_INFINITY) gridSize(space);
  if (space.size > Number.MAX_SAFE_INTEGER) {
    throw new EngineError(
      'invalid_search_space',
      `the grid has ${space.size} points, too many to number; use fewer values, or a random search`,
    );
  }
  if (sample > MAX_TRIALS) gridSize(space);
  const random = new Random(seed);
  const drawn = new Set<number>();
  for (let last = space.size - sample; last < space.size; last++) {
    const index = random.integer(last + 1);
    drawn.add(drawn.has(index) ? last : index);
  }
  return Float64Array.from(drawn).sort();
}
