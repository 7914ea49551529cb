import { z } from 'zod';
import { MAX_STRATEGY_BYTES } from './rule-strategy-spec.ts';
import { storableText } from './storable-text.ts';
import { StrategyParameters } from './strategy-parameter.ts';
import { StrategySpec } from './strategy-spec.ts';

const name = storableText(100)
  .min(1)
  .refine((text) => text === text.trim(), 'must not begin or end with white space');

/** What a version is made of: a specification, or the text of one. */
const VERSION = {
  spec: StrategySpec.optional(),
  source: storableText(MAX_STRATEGY_BYTES).min(1).optional().describe('The specification as YAML or JSON text'),
  note: storableText(2000).optional().describe('What changed'),
};

const ONE_OF_BOTH = { path: ['spec'], message: 'give either spec or source' };

/** Body of POST /api/strategies. */
export const CreateStrategyRequest = z
  .strictObject({ name, description: storableText(2000).optional(), ...VERSION })
  .refine(({ spec, source }) => (spec === undefined) !== (source === undefined), ONE_OF_BOTH);
export type CreateStrategyRequest = z.infer<typeof CreateStrategyRequest>;

/** Body of PUT /api/strategies/:id: what is left out stays; a specification becomes a new version. */
export const UpdateStrategyRequest = z
  .strictObject({
    name: name.optional(),
    description: storableText(2000).nullable().optional(),
    is_active: z.boolean().optional(),
    ...VERSION,
  })
  .refine(({ spec, source }) => spec === undefined || source === undefined, ONE_OF_BOTH)
  .refine(({ spec, source, note }) => note === undefined || spec !== undefined || source !== undefined, {
    path: ['note'],
    message: 'goes with a new version: give spec or source',
  });
export type UpdateStrategyRequest = z.infer<typeof UpdateStrategyRequest>;

/** Body of POST /api/strategies/validate. */
export const ValidateStrategyRequest = z
  .strictObject({ spec: z.unknown().optional(), source: z.string().optional() })
  .refine(({ spec, source }) => (spec === undefined) !== (source === undefined), ONE_OF_BOTH);
export type ValidateStrategyRequest = z.infer<typeof ValidateStrategyRequest>;

/** One thing wrong with a strategy; line and column, from 1, where there is a text. */
export const StrategyProblem = z.strictObject({
  path: z.string(),
  message: z.string(),
  line: z.int().optional(),
  column: z.int().optional(),
});

/** Answer of POST /api/strategies/validate. */
export const StrategyValidation = z.strictObject({
  valid: z.boolean(),
  issues: z.array(StrategyProblem),
  spec: StrategySpec.nullable().describe('As it would be stored; null if not valid'),
  parameters: StrategyParameters.nullable().describe('What can be chosen and optimised; null if not valid'),
  warm_up_bars: z.int().nullable().describe('Bars before the first signal can be; null if not valid'),
});
export type StrategyValidation = z.infer<typeof StrategyValidation>;

/** A strategy as its owner sees it in a list. */
export const Strategy = z.strictObject({
  id: z.guid(),
  name: z.string(),
  description: z.string().nullable(),
  is_active: z.boolean(),
  current_version: z.int().min(0),
  created_at: z.string(),
  updated_at: z.string(),
});
export type Strategy = z.infer<typeof Strategy>;

/** One version of a strategy. */
export const StrategyVersion = z.strictObject({
  id: z.guid(),
  version: z.int().min(1),
  spec: StrategySpec,
  source: z.string().nullable(),
  note: z.string().nullable(),
  created_at: z.string(),
});
export type StrategyVersion = z.infer<typeof StrategyVersion>;

/** Answer of POST, GET and PUT of one strategy: with its latest version. */
export const StrategyWithVersion = Strategy.extend({ version: StrategyVersion.nullable() });
export type StrategyWithVersion = z.infer<typeof StrategyWithVersion>;

/** Query of GET /api/strategies. */
export const ListStrategiesQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional().describe('next_cursor of the page before'),
});
export type ListStrategiesQuery = z.infer<typeof ListStrategiesQuery>;

/** Answer of GET /api/strategies: newest first. `next_cursor` is null on the last page. */
export const StrategyPage = z.strictObject({ items: z.array(Strategy), next_cursor: z.string().nullable() });
export type StrategyPage = z.infer<typeof StrategyPage>;

/** Query of GET /api/strategies/:id/versions. */
export const ListStrategyVersionsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.coerce.number().int().min(1).optional().describe('next_cursor of the page before'),
});
export type ListStrategyVersionsQuery = z.infer<typeof ListStrategyVersionsQuery>;

/** Answer of GET /api/strategies/:id/versions: newest first. `next_cursor` is null on the last page. */
export const StrategyVersionPage = z.strictObject({
  items: z.array(StrategyVersion),
  next_cursor: z.int().nullable(),
});
export type StrategyVersionPage = z.infer<typeof StrategyVersionPage>;

/** A strategy that the engine has. */
export const BuiltInStrategy = z.strictObject({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  parameters: StrategyParameters,
  needs: z
    .strictObject({
      instruments: z.int().optional(),
      columns: z.array(z.string()).optional(),
      options: z.boolean().optional(),
    })
    .describe('What it needs besides the candles of one instrument'),
});
export type BuiltInStrategy = z.infer<typeof BuiltInStrategy>;

/** Answer of GET /api/strategies/built-in. */
export const BuiltInStrategyList = z.strictObject({ items: z.array(BuiltInStrategy) });
export type BuiltInStrategyList = z.infer<typeof BuiltInStrategyList>;
