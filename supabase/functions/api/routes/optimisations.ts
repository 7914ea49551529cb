import type { SupabaseClient } from '@supabase/supabase-js';
import {
  CreateOptimisationRequest,
  ListStudiesQuery,
  NumberedListQuery,
  type OptimisationResults,
  type StoredTrial,
  type StudyResource,
  type StudyResult,
  withFees,
} from '@tradebase/contracts';
import { Hono } from 'hono';
import { databaseError } from '../../_shared/database-error.ts';
import { IdParam } from '../../_shared/id-param.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { cutNumberedPage } from '../../_shared/numbered-page.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import { readJson } from '../../_shared/read-json.ts';
import type { UserEnv } from '../../_shared/require-user.ts';
import { findRequestedStrategy } from '../strategies/find-requested-strategy.ts';
import { requireRunnable } from '../strategies/read-strategy.ts';
import { cancelStudy, createStudy, deleteStudy, getStudy, listStudies } from '../studies/manage-studies.ts';

const TRIAL_COLUMNS = 'number, params, status, objective_value, metrics, error';

export const optimisations = new Hono<UserEnv>()
  .post('/', async (c) => {
    const request = parseInput(CreateOptimisationRequest, await readJson(c.req.raw));
    return c.json(await createOptimisation(c.var.supabase, c.var.userId, request), 201);
  })
  .get('/', async (c) => {
    const query = parseInput(ListStudiesQuery, c.req.query());
    return c.json(await listStudies(c.var.supabase, c.var.userId, 'optimisation', query));
  })
  .all('/', methodNotAllowed('GET', 'POST'))
  .get('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await getStudy(c.var.supabase, c.var.userId, 'optimisation', { id }));
  })
  .delete('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    await deleteStudy(c.var.supabase, c.var.userId, 'optimisation', id);
    return c.body(null, 204);
  })
  .all('/:id', methodNotAllowed('GET', 'DELETE'))
  .get('/:id/results', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const query = parseInput(NumberedListQuery, c.req.query());
    return c.json(await getResults(c.var.supabase, c.var.userId, id, query));
  })
  .all('/:id/results', methodNotAllowed('GET'))
  .post('/:id/cancel', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await cancelStudy(c.var.supabase, c.var.userId, 'optimisation', id));
  })
  .all('/:id/cancel', methodNotAllowed('POST'));

async function createOptimisation(
  supabase: SupabaseClient,
  userId: string,
  request: CreateOptimisationRequest,
): Promise<StudyResource> {
  const { strategy, versionId, spec } = await findRequestedStrategy(supabase, userId, request);
  await requireRunnable(spec);
  const { kind, symbol, timeframe, from, to, initial_cash, search, walk_forward, monte_carlo } = request;
  return createStudy(supabase, {
    p_name: request.name ?? `${kind.replaceAll('_', ' ')} of ${spec.name}`.slice(0, 100),
    p_kind: kind,
    p_symbol: symbol,
    p_timeframe: timeframe,
    p_spec: {
      // Of a version, the database fills in the rest.
      strategy: strategy ?? {},
      initial_cash,
      settings: withFees(request.settings, request.fee_bps),
      from,
      to,
      search,
      walk_forward,
      monte_carlo,
    },
    p_search_space: request.search_space,
    p_objective: request.objective,
    p_direction: request.direction,
    p_planned_trials: request.trials ?? null,
    p_seed: request.seed,
    p_strategy_version_id: versionId,
  });
}

/** What a study has found so far: its best trial, a page of all, and once it is completed the result. */
async function getResults(
  supabase: SupabaseClient,
  userId: string,
  id: string,
  { limit, cursor }: NumberedListQuery,
): Promise<OptimisationResults> {
  const study = await getStudy<{ result: StudyResult | null }>(supabase, userId, 'optimisation', {
    id,
    more: 'result',
  });
  const trials = () => supabase.from('trials').select(TRIAL_COLUMNS).eq('study_id', id).eq('user_id', userId);
  const [page, best] = await Promise.all([
    trials()
      .gt('number', cursor)
      .order('number')
      .limit(limit + 1)
      .overrideTypes<StoredTrial[], { merge: false }>(),
    study.best_trial === null ? null : trials().eq('number', study.best_trial).maybeSingle<StoredTrial>(),
  ]);
  if (page.error) throw databaseError(page.error);
  if (best?.error) throw databaseError(best.error);
  return {
    status: study.status,
    best: best?.data ?? null,
    result: study.result,
    trials: cutNumberedPage(page.data, limit, ({ number }) => number),
  };
}
