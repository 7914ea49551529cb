import type { ParameterSearch, ParameterValue, StrategyParameter } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import type { Dimension } from './dimension.ts';

type Range = Exclude<ParameterSearch, ParameterValue | { values: ParameterValue[] }>;

/**
 * What a parameter is searched over: a dimension, or the one value that it keeps.
 *
 * @throws EngineError `invalid_search_space` where the parameter cannot have what is asked for
 */
export function readParameterSearch(
  name: string,
  parameter: StrategyParameter,
  asked: ParameterSearch,
): Dimension | ParameterValue {
  if (typeof asked !== 'object') {
    checkValue(name, parameter, asked);
    return asked;
  }
  if ('values' in asked) return readList(name, parameter, asked.values);
  switch (parameter.type) {
    case 'boolean':
      refuseRange(name, parameter, asked);
      return { kind: 'list', name, values: [false, true], ordered: false };
    case 'choice':
      refuseRange(name, parameter, asked);
      return readList(name, parameter, parameter.choices);
    case 'integer':
    case 'number':
      return readRange(name, parameter, asked);
  }
}

function readList(
  name: string,
  parameter: StrategyParameter,
  values: readonly ParameterValue[],
): Dimension | ParameterValue {
  for (const value of values) checkValue(name, parameter, value);
  const [first, ...others] = new Set(values);
  if (first === undefined) throw refusal(name, 'has an empty list of values; give at least one');
  if (others.length === 0) return first;
  const distinct = [first, ...others];
  const ordered = parameter.type === 'integer' || parameter.type === 'number';
  if (ordered) distinct.sort((a, b) => Number(a) - Number(b));
  return { kind: 'list', name, values: distinct, ordered };
}

function readRange(
  name: string,
  parameter: Extract<StrategyParameter, { type: 'integer' | 'number' }>,
  asked: Range,
): Dimension | ParameterValue {
  const min = asked.min ?? parameter.min;
  const max = asked.max ?? parameter.max;
  const step = asked.step ?? parameter.step;
  const log = asked.log ?? (parameter.type === 'number' ? (parameter.log ?? false) : false);
  checkValue(name, parameter, min);
  checkValue(name, parameter, max);
  if (min > max) throw refusal(name, `is searched from ${min} to ${max}; min must not be above max`);
  if (log && min <= 0) {
    throw refusal(name, `is searched on a logarithmic scale from ${min}; that needs a min above 0`);
  }
  if (min === max) return min;
  if (step === undefined) return { kind: 'continuous', name, min, max, log };
  if (!(step > 0 && Number.isFinite(step)) || (parameter.type === 'integer' && !Number.isInteger(step))) {
    const right = parameter.type === 'integer' ? 'a whole number, at least 1' : 'a number above 0';
    throw refusal(name, `has step ${step}; it must be ${right}`);
  }
  // A last step that falls short of max by rounding alone is there: 0 to 0.3 by 0.1 has four values.
  const count = Math.floor((max - min) / step + 1e-9) + 1;
  return count === 1 ? min : { kind: 'steps', name, min, step, count, log };
}

function checkValue(name: string, parameter: StrategyParameter, value: ParameterValue): void {
  switch (parameter.type) {
    case 'boolean':
      if (typeof value !== 'boolean') throw refusal(name, `cannot be ${JSON.stringify(value)}; it is true or false`);
      return;
    case 'choice':
      if (typeof value !== 'string' || !parameter.choices.includes(value)) {
        throw refusal(name, `cannot be ${JSON.stringify(value)}; it is one of ${parameter.choices.join(', ')}`);
      }
      return;
    case 'integer':
    case 'number': {
      const { min, max, type } = parameter;
      const whole = type === 'integer';
      if (typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))) return;
      const shown = typeof value === 'number' ? String(value) : JSON.stringify(value);
      throw refusal(name, `cannot be ${shown}; it is a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
    }
  }
}

function refuseRange(name: string, parameter: StrategyParameter, asked: Range): void {
  const given = Object.keys(asked)[0];
  if (given !== undefined) throw refusal(name, `is a ${parameter.type} and has no ${given}; give it a list of values`);
}

function refusal(name: string, complaint: string): EngineError {
  return new EngineError('invalid_search_space', `${name} ${complaint}`, { parameter: name });
}
