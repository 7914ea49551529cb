import type {
  ParameterValue,
  ParameterValues,
  StrategyIssue,
  StrategyParameter,
  StrategyParameters,
} from '@tradebase/contracts';
import { suggestName } from '../nearest-name.ts';

/** Values for all parameters: those chosen, and defaults for the rest; and what is wrong with those chosen. */
export function chooseValues(
  parameters: StrategyParameters,
  chosen: ParameterValues = {},
): { values: Record<string, ParameterValue>; issues: StrategyIssue[] } {
  const values: Record<string, ParameterValue> = {};
  const issues: StrategyIssue[] = [];
  for (const [name, parameter] of Object.entries(parameters)) values[name] = parameter.default;
  for (const [name, value] of Object.entries(chosen)) {
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    const problem = parameter ? findProblem(parameter, value) : describeUnknown(name, Object.keys(parameters));
    if (problem !== undefined) issues.push({ path: `params.${name}`, message: problem });
    else values[name] = value;
  }
  return { values, issues };
}

function describeUnknown(name: string, known: readonly string[]): string {
  const names = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`;
  return `there is no parameter '${name}'${suggestName(name, known) || `: ${names}`}`;
}

function findProblem(parameter: StrategyParameter, value: ParameterValue): string | undefined {
  switch (parameter.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `is ${value}; it must be true or false`;
    case 'choice':
      return typeof value === 'string' && parameter.choices.includes(value)
        ? undefined
        : `is ${value}; it must be one of ${parameter.choices.join(', ')}`;
    case 'integer':
    case 'number': {
      const { min, max, type } = parameter;
      const fits = typeof value === 'number' && value >= min && value <= max;
      if (fits && (type === 'number' || Number.isInteger(value))) return undefined;
      return `is ${value}; it must be a ${type === 'integer' ? 'whole number' : 'number'} from ${min} to ${max}`;
    }
  }
}
