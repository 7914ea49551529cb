import { z } from 'zod';
import { IDENTIFIER, ParameterValue } from './strategy-parameter.ts';

/** Most points of a search: of a grid, and of any study. */
export const MAX_TRIALS = 1_000_000;

/** How one parameter is searched. What a range leaves out is as the strategy declares it; `{}` is the whole range. */
export const ParameterSearch = z.union([
  ParameterValue.describe('Kept at this value'),
  z.strictObject({ values: z.array(ParameterValue).min(1).max(1000).describe('These values and no others') }),
  z.strictObject({
    min: z.number().optional(),
    max: z.number().optional(),
    step: z.number().positive().optional().describe('Distance of neighbouring values'),
    log: z.boolean().optional().describe('On a logarithmic scale'),
  }),
]);
export type ParameterSearch = z.infer<typeof ParameterSearch>;

/** The parameters that are searched, by name. All others keep the value that the strategy of the study gives them. */
export const SearchSpaceSpec = z.record(z.string().regex(IDENTIFIER), ParameterSearch);
export type SearchSpaceSpec = z.infer<typeof SearchSpaceSpec>;
