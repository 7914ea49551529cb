import type { ParameterValue, ParameterValues } from '@tradebase/contracts';
import { type Dimension, levelCount, levelOfValue, unitOfValue, valueAtLevel, valueAtUnit } from './dimension.ts';

/** The values of a parameter in at most so many groups: each level its own where there are few enough, else equal shares of its range. */
export interface ParameterBins {
  readonly count: number;
  /** A value that stands for each group: the level itself, or the middle of the share. */
  readonly labels: readonly ParameterValue[];
  /** The group of a point; undefined where its value is not of this space. */
  binOf(values: ParameterValues): number | undefined;
}

export function binParameter(dimension: Dimension, most: number): ParameterBins {
  const levels = levelCount(dimension);
  if (dimension.kind !== 'continuous' && levels <= most) {
    return {
      count: levels,
      labels: Array.from({ length: levels }, (_, level) => valueAtLevel(dimension, level)),
      binOf: (values) => {
        const value = values[dimension.name];
        return value === undefined ? undefined : levelOfValue(dimension, value);
      },
    };
  }
  return {
    count: most,
    labels: Array.from({ length: most }, (_, bin) => valueAtUnit(dimension, (bin + 0.5) / most)),
    binOf: (values) => {
      const value = values[dimension.name];
      const unit = value === undefined ? undefined : unitOfValue(dimension, value);
      return unit === undefined ? undefined : Math.min(Math.floor(unit * most), most - 1);
    },
  };
}
