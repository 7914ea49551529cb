import { z } from 'zod';
import { storableText } from './storable-text.ts';

/** What a parameter, an indicator or an option of a strategy may be called. */
export const IDENTIFIER = /^[a-z][a-z0-9_]{0,62}$/;
/** What a strategy may be called. */
export const STRATEGY_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** A value that a parameter can take. */
export const ParameterValue = z.union([z.number(), z.boolean(), storableText(200)], {
  error: 'must be a number, true or false, or a text of at most 200 characters',
});
export type ParameterValue = z.infer<typeof ParameterValue>;

/** Values of parameters by name, as a caller chooses them; those left out take their default. */
export const ParameterValues = z.record(z.string().regex(IDENTIFIER), ParameterValue);
export type ParameterValues = z.infer<typeof ParameterValues>;

const description = storableText(500).optional();

const TypedParameter = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('integer'),
    default: z.int(),
    min: z.int(),
    max: z.int(),
    step: z.int().min(1).default(1),
    description,
  }),
  z.strictObject({
    type: z.literal('number'),
    default: z.number(),
    min: z.number(),
    max: z.number(),
    step: z
      .number()
      .positive()
      .optional()
      .describe('Distance of neighbouring values in a grid; any value is allowed without one'),
    log: z.boolean().optional().describe('Searched on a logarithmic scale'),
    description,
  }),
  z.strictObject({ type: z.literal('boolean'), default: z.boolean(), description }),
  z.strictObject({
    type: z.literal('choice'),
    default: storableText(200),
    choices: z.array(storableText(200).min(1)).min(1).max(50),
    description,
  }),
]);

/**
 * A parameter of a strategy: its default, and the values that make sense. `min`, `max` and `step` bound what a caller may
 * choose and what an optimiser searches.
 * The `type` may be left out: whole numbers throughout make an integer, other numbers a number.
 */
export const StrategyParameter = z.preprocess(withType, TypedParameter).superRefine((parameter, context) => {
  if (parameter.type === 'choice') {
    if (!parameter.choices.includes(parameter.default)) {
      context.addIssue({
        code: 'custom',
        path: ['default'],
        message: `must be one of ${parameter.choices.join(', ')}`,
      });
    }
  } else if (parameter.type !== 'boolean') {
    const { min, max } = parameter;
    if (min > max) context.addIssue({ code: 'custom', path: ['min'], message: `must not be above max, ${max}` });
    else if (parameter.default < min || parameter.default > max) {
      context.addIssue({ code: 'custom', path: ['default'], message: `must be within min and max, ${min} to ${max}` });
    }
  }
});
export type StrategyParameter = z.infer<typeof StrategyParameter>;

/** The parameters of a strategy by name. */
export const StrategyParameters = z.record(z.string().regex(IDENTIFIER), StrategyParameter);
export type StrategyParameters = z.infer<typeof StrategyParameters>;

/** A parameter with its type written out where it was left out. */
function withType(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || 'type' in value || !('default' in value)) return value;
  return { type: inferType(value), ...value };
}

function inferType(value: { default: unknown }): 'integer' | 'number' | 'boolean' | 'choice' {
  if (typeof value.default === 'boolean') return 'boolean';
  if ('choices' in value || typeof value.default === 'string') return 'choice';
  const numbers = Object.values(value).filter((field) => typeof field === 'number');
  return 'log' in value || numbers.some((number) => !Number.isInteger(number)) ? 'number' : 'integer';
}
