import { z } from 'zod';
import { BiasCheckSpec } from './bias-check-spec.ts';
import { checkRequestCosts, REQUEST_COSTS } from './request-costs.ts';
import { checkRequestRange, REQUEST_RANGE } from './request-range.ts';
import { checkRequestStrategy, REQUEST_STRATEGY } from './request-strategy.ts';
import { RequestSymbol } from './request-symbol.ts';
import { MAX_TRIALS, SearchSpaceSpec } from './search-space.ts';
import { storableText } from './storable-text.ts';
import { IDENTIFIER, ParameterValues } from './strategy-parameter.ts';
import { StudyResult, TrialMetrics } from './study-result.ts';
import { StudyDirection, StudyKind, StudySpec } from './study-spec.ts';
import { TaskStatus } from './task-status.ts';
import { Timeframe } from './timeframe.ts';

const REQUEST = {
  name: storableText(100).min(1).optional().describe('For people; the kind and the strategy by default'),
  symbol: RequestSymbol,
  timeframe: Timeframe,
  ...REQUEST_STRATEGY,
  ...REQUEST_RANGE,
  ...REQUEST_COSTS,
};
const { search, walk_forward, monte_carlo } = StudySpec.shape;

/** Body of POST /api/optimisations. */
export const CreateOptimisationRequest = z
  .strictObject({
    ...REQUEST,
    kind: StudyKind,
    search_space: SearchSpaceSpec.default({}).describe('The parameters that are searched; all others keep their value'),
    objective: z.string().regex(IDENTIFIER).default('sharpe').describe('Metric that decides'),
    direction: StudyDirection.default('maximise'),
    trials: z.int().min(1).max(MAX_TRIALS).optional().describe('Default: the whole grid, or 100'),
    search,
    walk_forward,
    monte_carlo,
  })
  .superRefine((request, context) => {
    checkRequestStrategy(request, context);
    checkRequestRange(request, context);
    checkRequestCosts(request, context);
    if (request.kind === 'walk_forward' && request.walk_forward === undefined) {
      context.addIssue({ code: 'custom', path: ['walk_forward'], message: 'is needed by the kind walk_forward' });
    }
    if (request.kind !== 'monte_carlo' && Object.keys(request.search_space).length === 0) {
      context.addIssue({ code: 'custom', path: ['search_space'], message: 'must name a parameter to search' });
    }
  });
export type CreateOptimisationRequest = z.infer<typeof CreateOptimisationRequest>;

/** Body of POST /api/bias-checks. */
export const CreateBiasCheckRequest = z
  .strictObject({ ...REQUEST, start_up_bars: BiasCheckSpec.shape.start_up_bars })
  .superRefine((request, context) => {
    checkRequestStrategy(request, context);
    checkRequestRange(request, context);
    checkRequestCosts(request, context);
  });
export type CreateBiasCheckRequest = z.infer<typeof CreateBiasCheckRequest>;

/** A study as its owner sees it: the request and how far it has come. */
export const StudyResource = z.strictObject({
  id: z.guid(),
  name: z.string(),
  kind: z.enum([...StudyKind.options, 'bias_check']),
  symbol: z.string().nullable(),
  timeframe: Timeframe,
  spec: z.record(z.string(), z.unknown()).describe('StudySpec, or BiasCheckSpec'),
  strategy_version_id: z.guid().nullable(),
  search_space: SearchSpaceSpec,
  objective: z.string().nullable(),
  direction: StudyDirection,
  planned_trials: z.int().nullable(),
  trial_count: z.int().describe('Trials ever made, failed and deleted ones included'),
  best_trial: z.int().nullable(),
  seed: z.number(),
  engine_version: z.string().nullable(),
  data_version: z.number().nullable(),
  status: TaskStatus,
  progress: z.number().min(0).max(1),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
});
export type StudyResource = z.infer<typeof StudyResource>;

/** Query of GET /api/optimisations and GET /api/bias-checks. */
export const ListStudiesQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional().describe('next_cursor of the page before'),
  status: TaskStatus.optional(),
});
export type ListStudiesQuery = z.infer<typeof ListStudiesQuery>;

/** Answer of GET /api/optimisations: newest first. `next_cursor` is null on the last page. */
export const StudyPage = z.strictObject({ items: z.array(StudyResource), next_cursor: z.string().nullable() });
export type StudyPage = z.infer<typeof StudyPage>;

/** Answer of GET /api/bias-checks/:id. */
export const BiasCheckWithResult = StudyResource.extend({ result: z.record(z.string(), z.unknown()).nullable() });
export type BiasCheckWithResult = z.infer<typeof BiasCheckWithResult>;

/** A trial as it is stored. */
export const StoredTrial = z.strictObject({
  number: z.int().min(1),
  params: ParameterValues,
  status: z.enum(['queued', 'running', 'completed', 'failed', 'pruned']),
  objective_value: z.number().nullable(),
  metrics: TrialMetrics.nullable(),
  error: z.string().nullable(),
});
export type StoredTrial = z.infer<typeof StoredTrial>;

/** Answer of GET /api/optimisations/:id/results. Trials come in order; `next_cursor` is null on the last page. */
export const OptimisationResults = z.strictObject({
  status: TaskStatus,
  best: StoredTrial.nullable(),
  result: StudyResult.nullable().describe('Null until it is completed'),
  trials: z.strictObject({ items: z.array(StoredTrial), next_cursor: z.int().nullable() }),
});
export type OptimisationResults = z.infer<typeof OptimisationResults>;
