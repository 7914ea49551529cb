import { z } from 'zod';

/** What a parameter, an indicator or an option of a strategy may be called. */
export const IDENTIFIER = /^[a-z][a-z0-9_]{0,62}$/;
/** What a strategy may be called. */
export const STRATEGY_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** A value that a parameter can take. */
export const ParameterValue = z.union([z.number(), z.boolean(), z.string().max(200)]);
export type ParameterValue = z.infer<typeof ParameterValue>;

/** Values of parameters by name, as a caller chooses them; those left out take their default. */
export const ParameterValues = z.record(z.string().regex(IDENTIFIER), ParameterValue);
export type ParameterValues = z.infer<typeof ParameterValues>;

const description = z.string().max(500).optional();

/**
 * A parameter of a strategy: its default, and the values that make sense. `min`, `max` and `step` bound what a caller may
 * choose and what an optimiser searches.
 */
export const StrategyParameter = z.discriminatedUnion('type', [
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
    default: z.string().max(200),
    choices: z.array(z.string().min(1).max(200)).min(1).max(50),
    description,
  }),
]);
export type StrategyParameter = z.infer<typeof StrategyParameter>;

/** The parameters of a strategy by name. */
export const StrategyParameters = z.record(z.string().regex(IDENTIFIER), StrategyParameter);
export type StrategyParameters = z.infer<typeof StrategyParameters>;
