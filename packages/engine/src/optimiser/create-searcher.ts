import type { SearchSettings } from '@tradebase/contracts';
import { createGridSearcher } from './grid-searcher.ts';
import { createRandomSearcher } from './random-searcher.ts';
import type { SearchSpace } from './search-space.ts';
import type { Searcher } from './searcher.ts';
import { createTpeSearcher } from './tpe-searcher.ts';

/**
 * The searcher of a kind. `trials` is how many points a grid is to try, null for all; the other kinds go on for as long
 * as they are asked.
 *
 * @throws EngineError `invalid_search_space`
 */
export function createSearcher(
  method: 'grid' | 'random' | 'bayesian',
  space: SearchSpace,
  { trials, seed, settings }: { trials: number | null; seed: number; settings: SearchSettings },
): Searcher {
  switch (method) {
    case 'grid':
      return createGridSearcher(space, { sample: trials, seed });
    case 'random':
      return createRandomSearcher(space, { sequence: settings.sequence, seed });
    case 'bayesian':
      return createTpeSearcher(space, { seed });
  }
}
