import type { SupabaseClient } from '@supabase/supabase-js';
import {
  type BiasCheckWithResult,
  CreateBiasCheckRequest,
  ListStudiesQuery,
  type StudyResource,
  withFees,
} from '@tradebase/contracts';
import { Hono } from 'hono';
import { IdParam } from '../../_shared/id-param.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import { readJson } from '../../_shared/read-json.ts';
import type { UserEnv } from '../../_shared/require-user.ts';
import { findRequestedStrategy } from '../strategies/find-requested-strategy.ts';
import { requireRunnable } from '../strategies/read-strategy.ts';
import { cancelStudy, createStudy, deleteStudy, getStudy, listStudies } from '../studies/manage-studies.ts';

export const biasChecks = new Hono<UserEnv>()
  .post('/', async (c) => {
    const request = parseInput(CreateBiasCheckRequest, await readJson(c.req.raw));
    return c.json(await createBiasCheck(c.var.supabase, c.var.userId, request), 201);
  })
  .get('/', async (c) => {
    const query = parseInput(ListStudiesQuery, c.req.query());
    return c.json(await listStudies(c.var.supabase, c.var.userId, 'bias_check', query));
  })
  .all('/', methodNotAllowed('GET', 'POST'))
  .get('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const check: BiasCheckWithResult = await getStudy<Pick<BiasCheckWithResult, 'result'>>(
      c.var.supabase,
      c.var.userId,
      'bias_check',
      { id, more: 'result' },
    );
    return c.json(check);
  })
  .delete('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    await deleteStudy(c.var.supabase, c.var.userId, 'bias_check', id);
    return c.body(null, 204);
  })
  .all('/:id', methodNotAllowed('GET', 'DELETE'))
  .post('/:id/cancel', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await cancelStudy(c.var.supabase, c.var.userId, 'bias_check', id));
  })
  .all('/:id/cancel', methodNotAllowed('POST'));

async function createBiasCheck(
  supabase: SupabaseClient,
  userId: string,
  request: CreateBiasCheckRequest,
): Promise<StudyResource> {
  const { strategy, versionId, spec } = await findRequestedStrategy(supabase, userId, request);
  await requireRunnable(spec);
  return createStudy(supabase, {
    p_name: request.name ?? `bias check of ${spec.name}`.slice(0, 100),
    p_kind: 'bias_check',
    p_symbol: request.symbol,
    p_timeframe: request.timeframe,
    p_spec: {
      // Of a version, the database fills in the rest.
      strategy: strategy ?? {},
      initial_cash: request.initial_cash,
      settings: withFees(request.settings, request.fee_bps),
      from: request.from,
      to: request.to,
      start_up_bars: request.start_up_bars,
    },
    p_seed: request.seed,
    p_strategy_version_id: versionId,
  });
}
