import type { ParameterValues } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';

/** A parameter that is a number. @throws EngineError `invalid_params` where it is missing or something else */
export function numberOf(values: ParameterValues, name: string): number {
  const value = values[name];
  if (typeof value !== 'number') {
    throw new EngineError('invalid_params', `${name} is ${JSON.stringify(value)}; it must be a number`);
  }
  return value;
}
