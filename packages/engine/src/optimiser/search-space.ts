import {
  MAX_TRIALS,
  type ParameterValue,
  type ParameterValues,
  type SearchSpaceSpec,
  type StrategyParameters,
} from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import { nearestName } from '../nearest-name.ts';
import { type Dimension, levelCount, levelOfValue, valueAtLevel, valueAtUnit } from './dimension.ts';
import { readParameterSearch } from './read-parameter-search.ts';

/** What is searched, and what is not. */
export interface SearchSpace {
  readonly dimensions: readonly Dimension[];
  /** Values of the parameters that are not searched. */
  readonly fixed: ParameterValues;
  /** Points: the product of the levels; infinite where a dimension is continuous. Beyond 2^53 it is approximate. */
  readonly size: number;
}

/** Dimensions that one search may have. */
const MAX_DIMENSIONS = 50;

/**
 * The space that `search` asks for. Parameters that it does not name, or keeps at one value, are fixed: at the value of
 * `base`, else at their default.
 *
 * @throws EngineError `invalid_search_space`: an unknown name, a value or range that the parameter does not have, nothing
 * left to search
 */
export function createSearchSpace(
  parameters: StrategyParameters,
  search: SearchSpaceSpec,
  base: ParameterValues = {},
): SearchSpace {
  refuseUnknownNames(parameters, [...Object.keys(search), ...Object.keys(base)]);
  const dimensions: Dimension[] = [];
  const fixed: Record<string, ParameterValue> = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    const asked = search[name];
    if (asked === undefined) {
      fixed[name] = base[name] ?? parameter.default;
      continue;
    }
    const read = readParameterSearch(name, parameter, asked);
    if (typeof read === 'object') dimensions.push(read);
    else fixed[name] = read;
  }
  if (dimensions.length === 0) {
    const names = Object.keys(parameters).join(', ');
    throw new EngineError(
      'invalid_search_space',
      names === ''
        ? 'the strategy has no parameters to search'
        : `nothing is searched: give at least one parameter more than one value; there are ${names}`,
    );
  }
  if (dimensions.length > MAX_DIMENSIONS) {
    throw new EngineError(
      'invalid_search_space',
      `${dimensions.length} parameters are searched; at most ${MAX_DIMENSIONS} can be`,
    );
  }
  const size = dimensions.reduce((product, dimension) => product * levelCount(dimension), 1);
  return { dimensions, fixed, size };
}

/**
 * The number of points of a grid that is run in full.
 *
 * @throws EngineError `invalid_search_space` where a parameter has no step, or there are more points than a study may try
 */
export function gridSize(space: SearchSpace): number {
  for (const { kind, name } of space.dimensions) {
    if (kind === 'continuous') {
      throw new EngineError(
        'invalid_search_space',
        `${name} can be any number, so a grid has no end; give it a step or a list of values`,
      );
    }
  }
  if (space.size > MAX_TRIALS) {
    throw new EngineError(
      'invalid_search_space',
      `the grid has ${space.size} points and a study at most ${MAX_TRIALS}; use fewer values, or set planned_trials to try a sample`,
      { points: space.size },
    );
  }
  return space.size;
}

/** Point number `index`, from 0, of the grid: mixed radix, the last dimension changes fastest. The space has a finite size. */
export function pointAtIndex(space: SearchSpace, index: number): ParameterValues {
  const values: Record<string, ParameterValue> = { ...space.fixed };
  let rest = index;
  for (let at = space.dimensions.length - 1; at >= 0; at--) {
    const dimension = space.dimensions[at];
    if (dimension === undefined || dimension.kind === 'continuous')
      throw new RangeError('a continuous space has no index');
    const count = levelCount(dimension);
    values[dimension.name] = valueAtLevel(dimension, rest % count);
    rest = Math.floor(rest / count);
  }
  return values;
}

/** The index that gives these values; undefined where a value is none of its dimension's levels. */
export function indexOfPoint(space: SearchSpace, values: ParameterValues): number | undefined {
  let index = 0;
  for (const dimension of space.dimensions) {
    const value = values[dimension.name];
    const level = value === undefined ? undefined : levelOfValue(dimension, value);
    if (level === undefined) return undefined;
    index = index * levelCount(dimension) + level;
  }
  return index;
}

/** The values at a point of the unit cube, one coordinate a dimension. */
export function pointAtUnits(space: SearchSpace, units: ArrayLike<number>): ParameterValues {
  const values: Record<string, ParameterValue> = { ...space.fixed };
  space.dimensions.forEach((dimension, at) => {
    values[dimension.name] = valueAtUnit(dimension, units[at] ?? 0);
  });
  return values;
}

function refuseUnknownNames(parameters: StrategyParameters, names: readonly string[]): void {
  const known = Object.keys(parameters);
  for (const name of names) {
    if (Object.hasOwn(parameters, name)) continue;
    const meant = nearestName(name, known);
    throw new EngineError(
      'invalid_search_space',
      meant === null
        ? `the strategy has no parameter ${name}; it has ${known.join(', ') || 'none'}`
        : `the strategy has no parameter ${name}; did you mean ${meant}?`,
      { parameter: name },
    );
  }
}
