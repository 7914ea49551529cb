import { EngineError } from '../engine-error.ts';
import type { IndicatorParameter } from './indicator-definition.ts';

/** Longest period an indicator takes, in bars. */
export const MAX_PERIOD = 100_000;

/** A length in bars. */
export function period(name: string, standard: number, min = 1): IndicatorParameter {
  return { name, type: 'period', default: standard, min, max: MAX_PERIOD };
}

/** Any other number: a factor, an offset. */
export function number(name: string, standard: number, min: number, max: number): IndicatorParameter {
  return { name, type: 'number', default: standard, min, max };
}

/** Bars a year (or days, hours...), for volatilities a year. */
export const PERIODS_PER_YEAR = number('periods_per_year', 252, 1, 1_000_000);

/** Throws `invalid_params` unless the named values ascend. */
export function checkAscending(values: Readonly<Record<string, number>>): void {
  const entries = Object.entries(values);
  for (const [index, [name, value]] of entries.entries()) {
    const next = entries[index + 1];
    if (next === undefined || value < next[1]) continue;
    throw new EngineError(
      'invalid_params',
      `${name} is ${value} and ${next[0]} is ${next[1]}; ${name} must be smaller than ${next[0]}`,
      { [name]: value, [next[0]]: next[1] },
    );
  }
}
