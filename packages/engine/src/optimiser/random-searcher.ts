import { Random } from '../math/random.ts';
import { HaltonSequence } from './halton-sequence.ts';
import { pointAtUnits, type SearchSpace } from './search-space.ts';
import type { Proposal, Searcher } from './searcher.ts';
import { VisitedPoints } from './visited-points.ts';

/** Points all over the space: of a scrambled Halton sequence, or drawn independently. No point comes twice. */
export function createRandomSearcher(
  space: SearchSpace,
  { sequence, seed }: { sequence: 'low_discrepancy' | 'random'; seed: number },
): Searcher {
  const dimensions = space.dimensions.length;
  const halton = new HaltonSequence(dimensions, seed);
  const random = new Random(seed);
  const visited = new VisitedPoints(space);
  let asked = 0;
  const nextUnits = () =>
    sequence === 'low_discrepancy'
      ? halton.pointAt(asked)
      : Float64Array.from({ length: dimensions }, () => random.uniform());
  return {
    ask(wanted) {
      const proposals: Proposal[] = [];
      while (proposals.length < wanted) {
        const values = visited.nearestNew(pointAtUnits(space, nextUnits()));
        if (values === undefined) break;
        visited.add(values);
        asked += 1;
        proposals.push({ number: asked, values });
      }
      return proposals;
    },
    // Knows nothing of what came of it.
    tell() {},
  };
}
