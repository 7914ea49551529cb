import type { SupabaseClient } from '@supabase/supabase-js';
import {
  type BuiltInStrategyList,
  CreateStrategyRequest,
  ListStrategiesQuery,
  ListStrategyVersionsQuery,
  type Strategy,
  type StrategyPage,
  type StrategyValidation,
  type StrategyVersion,
  type StrategyVersionPage,
  type StrategyWithVersion,
  UpdateStrategyRequest,
  ValidateStrategyRequest,
} from '@tradebase/contracts';
import { Hono } from 'hono';
import { ApiError } from '../../_shared/api-error.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { IdParam } from '../../_shared/id-param.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { readNewestFirst } from '../../_shared/newest-first.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import { readJson } from '../../_shared/read-json.ts';
import type { UserEnv } from '../../_shared/require-user.ts';
import { listBuiltInStrategies } from '../strategies/list-built-in-strategies.ts';
import { readStrategy, requireStrategy } from '../strategies/read-strategy.ts';

const COLUMNS = 'id, name, description, is_active, current_version, created_at, updated_at';
const VERSION_COLUMNS = 'id, version, spec, source, note, created_at';

export const strategies = new Hono<UserEnv>()
  .post('/', async (c) => {
    const request = parseInput(CreateStrategyRequest, await readJson(c.req.raw));
    return c.json(await createStrategy(c.var.supabase, c.var.userId, request), 201);
  })
  .get('/', async (c) => {
    const query = parseInput(ListStrategiesQuery, c.req.query());
    return c.json(await listStrategies(c.var.supabase, c.var.userId, query));
  })
  .all('/', methodNotAllowed('GET', 'POST'))
  .post('/validate', async (c) => {
    const request = parseInput(ValidateStrategyRequest, await readJson(c.req.raw));
    return c.json(await validateStrategy(request));
  })
  .all('/validate', methodNotAllowed('POST'))
  .get('/built-in', async (c) => c.json({ items: await listBuiltInStrategies() } satisfies BuiltInStrategyList))
  .all('/built-in', methodNotAllowed('GET'))
  .get('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await getStrategy(c.var.supabase, c.var.userId, id));
  })
  .put('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const request = parseInput(UpdateStrategyRequest, await readJson(c.req.raw));
    return c.json(await updateStrategy(c.var.supabase, c.var.userId, id, request));
  })
  .delete('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    await deleteStrategy(c.var.supabase, c.var.userId, id);
    return c.body(null, 204);
  })
  .all('/:id', methodNotAllowed('GET', 'PUT', 'DELETE'))
  .get('/:id/versions', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const query = parseInput(ListStrategyVersionsQuery, c.req.query());
    return c.json(await listVersions(c.var.supabase, c.var.userId, id, query));
  })
  .all('/:id/versions', methodNotAllowed('GET'));

/** Makes a strategy with its first version. */
async function createStrategy(
  supabase: SupabaseClient,
  userId: string,
  { name, description, note, ...sent }: CreateStrategyRequest,
): Promise<StrategyWithVersion> {
  const spec = await requireStrategy(sent, sent.source === undefined ? 'spec' : 'source');
  const { data, error } = await supabase
    .rpc('create_strategy', {
      p_name: name,
      p_spec: spec,
      p_description: description ?? null,
      p_source: sent.source ?? null,
      p_note: note ?? null,
    })
    .select('id')
    .single<{ id: string }>();
  if (error) throw databaseError(error);
  return getStrategy(supabase, userId, data.id);
}

/** A page of the user's own strategies, newest first. */
async function listStrategies(
  supabase: SupabaseClient,
  userId: string,
  page: ListStrategiesQuery,
): Promise<StrategyPage> {
  return readNewestFirst<Strategy>(supabase, { table: 'strategies', columns: COLUMNS, userId }, page);
}

async function validateStrategy(request: ValidateStrategyRequest): Promise<StrategyValidation> {
  const strategy = await readStrategy(request);
  if (!strategy.success) {
    return { valid: false, issues: [...strategy.issues], spec: null, parameters: null, warm_up_bars: null };
  }
  const { spec, parameters, warmUpBars } = strategy;
  return { valid: true, issues: [], spec, parameters, warm_up_bars: warmUpBars };
}

/** One strategy of the user, with its latest version. */
async function getStrategy(supabase: SupabaseClient, userId: string, id: string): Promise<StrategyWithVersion> {
  const { data, error } = await supabase
    .from('strategies')
    .select(`${COLUMNS}, versions:strategy_versions(${VERSION_COLUMNS})`)
    .eq('id', id)
    .eq('user_id', userId)
    .order('version', { referencedTable: 'versions', ascending: false })
    .limit(1, { referencedTable: 'versions' })
    .maybeSingle<Strategy & { versions: StrategyVersion[] }>();
  if (error) throw databaseError(error);
  if (!data) throw new ApiError('strategy_not_found');
  const { versions, ...strategy } = data;
  return { ...strategy, version: versions[0] ?? null };
}

/** Changes what is named of a strategy; a specification becomes a new version. */
async function updateStrategy(
  supabase: SupabaseClient,
  userId: string,
  id: string,
  { note, spec, source, ...changes }: UpdateStrategyRequest,
): Promise<StrategyWithVersion> {
  const sent = spec !== undefined || source !== undefined;
  const { error } = await supabase.rpc('update_strategy', {
    p_strategy_id: id,
    p_changes: changes,
    p_spec: sent ? await requireStrategy({ spec, source }, source === undefined ? 'spec' : 'source') : null,
    p_source: source ?? null,
    p_note: note ?? null,
  });
  if (error) throw databaseError(error);
  return getStrategy(supabase, userId, id);
}

async function deleteStrategy(supabase: SupabaseClient, userId: string, id: string): Promise<void> {
  // What one may see and not delete, a viewer's own for instance, is there and forbidden.
  await getStrategy(supabase, userId, id);
  const { data, error } = await supabase.from('strategies').delete().eq('id', id).eq('user_id', userId).select('id');
  if (error) throw databaseError(error);
  if (data.length === 0) throw new ApiError('forbidden');
}

/** A page of the versions of one strategy, newest first. */
async function listVersions(
  supabase: SupabaseClient,
  userId: string,
  id: string,
  { limit, cursor }: ListStrategyVersionsQuery,
): Promise<StrategyVersionPage> {
  let query = supabase.from('strategy_versions').select(VERSION_COLUMNS).eq('strategy_id', id).eq('user_id', userId);
  if (cursor !== undefined) query = query.lt('version', cursor);
  const { data, error } = await query
    .order('version', { ascending: false })
    // One more than asked for tells whether there is a next page.
    .limit(limit + 1)
    .overrideTypes<StrategyVersion[], { merge: false }>();
  if (error) throw databaseError(error);
  if (data.length === 0) await getStrategy(supabase, userId, id);
  const items = data.slice(0, limit);
  return { items, next_cursor: data.length > limit ? (items.at(-1)?.version ?? null) : null };
}
