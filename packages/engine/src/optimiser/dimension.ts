import type { ParameterValue } from '@tradebase/contracts';
import { exp } from '../math/exponential.ts';
import { log as logarithm } from '../math/logarithm.ts';

/**
 * One searched parameter. Every kind maps the unit interval to its values and back, so that searchers work on points of
 * the unit cube; those that know better look at the kind.
 */
export type Dimension =
  /** `count` numbers from `min`, `step` apart. */
  | {
      readonly kind: 'steps';
      readonly name: string;
      readonly min: number;
      readonly step: number;
      readonly count: number;
      readonly log: boolean;
    }
  /** Any number from `min` to `max`. */
  | {
      readonly kind: 'continuous';
      readonly name: string;
      readonly min: number;
      readonly max: number;
      readonly log: boolean;
    }
  /** These values; `ordered` when neighbours in the list are neighbours in meaning. */
  | {
      readonly kind: 'list';
      readonly name: string;
      readonly values: readonly ParameterValue[];
      readonly ordered: boolean;
    };

/** How many values it has: infinitely many when continuous. */
export function levelCount(dimension: Dimension): number {
  switch (dimension.kind) {
    case 'steps':
      return dimension.count;
    case 'list':
      return dimension.values.length;
    case 'continuous':
      return Number.POSITIVE_INFINITY;
  }
}

/** Value number `level`, from 0, of a dimension that has levels. */
export function valueAtLevel(dimension: Exclude<Dimension, { kind: 'continuous' }>, level: number): ParameterValue {
  if (dimension.kind === 'list') return dimension.values[level] as ParameterValue;
  return tidy(dimension.min + level * dimension.step);
}

/** The value at a place of the unit interval, `unit` in [0, 1]. */
export function valueAtUnit(dimension: Dimension, unit: number): ParameterValue {
  const inside = Math.min(Math.max(unit, 0), 1);
  if (dimension.kind === 'continuous') {
    const { min, max, log } = dimension;
    const value = log ? min * exp(inside * logarithm(max / min)) : min + inside * (max - min);
    return Math.min(Math.max(value, min), max);
  }
  return valueAtLevel(dimension, levelAtUnit(dimension, inside));
}

/** The level at a place of the unit interval: equal shares, unless on a logarithmic scale. */
export function levelAtUnit(dimension: Exclude<Dimension, { kind: 'continuous' }>, unit: number): number {
  const count = levelCount(dimension);
  if (dimension.kind === 'steps' && dimension.log) {
    const { min, step } = dimension;
    const [from, to] = logEdges(dimension);
    const value = exp(from + unit * (to - from));
    return Math.min(Math.max(Math.round((value - min) / step), 0), count - 1);
  }
  return Math.min(Math.floor(unit * count), count - 1);
}

/** The middle of the part of the unit interval that gives this value. Undefined for values that the dimension has not. */
export function unitOfValue(dimension: Dimension, value: ParameterValue): number | undefined {
  if (dimension.kind === 'list') {
    const level = dimension.values.indexOf(value);
    return level < 0 ? undefined : (level + 0.5) / dimension.values.length;
  }
  if (typeof value !== 'number') return undefined;
  if (dimension.kind === 'continuous') {
    const { min, max, log } = dimension;
    if (!(value >= min && value <= max)) return undefined;
    if (max === min) return 0.5;
    return log ? logarithm(value / min) / logarithm(max / min) : (value - min) / (max - min);
  }
  const level = Math.round((value - dimension.min) / dimension.step);
  if (!(level >= 0 && level < dimension.count) || valueAtLevel(dimension, level) !== value) return undefined;
  if (!dimension.log) return (level + 0.5) / dimension.count;
  const [from, to] = logEdges(dimension);
  return (logarithm(value) - from) / (to - from);
}

/** Level of a value; undefined where it has none. */
export function levelOfValue(dimension: Dimension, value: ParameterValue): number | undefined {
  if (dimension.kind === 'continuous') return undefined;
  const unit = unitOfValue(dimension, value);
  return unit === undefined ? undefined : levelAtUnit(dimension, unit);
}

/** Logarithms of half a step below the least and above the greatest value, so that the ends get their share. */
function logEdges({ min, step, count }: { min: number; step: number; count: number }): [number, number] {
  return [logarithm(Math.max(min - step / 2, min / 2)), logarithm(min + (count - 0.5) * step)];
}

/** Sums of steps without the dust of binary fractions: 0.1 + 2 * 0.1 is 0.3. */
function tidy(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(12));
}
