import type { HeatMap, Sensitivity } from '@tradebase/contracts';
import { heatMap } from './heat-map.ts';
import { parameterImportance } from './parameter-importance.ts';
import { plateauScore } from './plateau-score.ts';
import type { ScoredPoint } from './scored-point.ts';
import type { SearchSpace } from './search-space.ts';

/** Pairs of the most important parameters that are drawn: all pairs of five. */
const MOST_MAPS = 10;

/**
 * How the objective depends on the parameters: heat maps of pairs, the most important parameters first, the plateau score
 * of the best trial, and the importance of each parameter.
 *
 * @param points values where larger is better
 * @param toShown turns such a value back into the objective, for the maps
 */
export function analyseSensitivity(
  space: SearchSpace,
  points: readonly ScoredPoint[],
  { best, toShown }: { best: number; toShown: (value: number) => number },
): Sensitivity {
  const importance = parameterImportance(space, points);
  const ordered = importance.flatMap(({ name }) => space.dimensions.filter((dimension) => dimension.name === name));
  const heat_maps: HeatMap[] = [];
  ordered.forEach((y, second) => {
    for (const x of ordered.slice(0, second)) {
      if (heat_maps.length < MOST_MAPS) heat_maps.push(heatMap(x, y, points, toShown));
    }
  });
  return { heat_maps, plateau: plateauScore(space, points, best), importance };
}
