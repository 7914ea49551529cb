import type { SupabaseClient } from '@supabase/supabase-js';
import {
  type ApiKey,
  type ApiKeyPage,
  CreateApiKeyRequest,
  type CreatedApiKey,
  ListApiKeysQuery,
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

const COLUMNS =
  'id, name, prefix, permissions, expires_at, ip_allowlist, last_used_at, last_used_ip, revoked_at, created_at';

export const keys = new Hono<UserEnv>()
  .post('/', async (c) => {
    const request = parseInput(CreateApiKeyRequest, await readJson(c.req.raw));
    // The one answer with the secret in it: no cache may keep it.
    c.header('cache-control', 'no-store');
    return c.json(await createKey(c.var.supabase, request), 201);
  })
  .get('/', async (c) => {
    const query = parseInput(ListApiKeysQuery, c.req.query());
    return c.json(await listKeys(c.var.supabase, c.var.userId, query));
  })
  .all('/', methodNotAllowed('GET', 'POST'))
  .get('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await getKey(c.var.supabase, c.var.userId, id));
  })
  .delete('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await revokeKey(c.var.supabase, c.var.userId, id));
  })
  .all('/:id', methodNotAllowed('GET', 'DELETE'))
  .post('/:id/revoke', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await revokeKey(c.var.supabase, c.var.userId, id));
  })
  .all('/:id/revoke', methodNotAllowed('POST'));

/** Makes a key, whose secret is in this answer and nowhere else. */
async function createKey(supabase: SupabaseClient, request: CreateApiKeyRequest): Promise<CreatedApiKey> {
  const { data, error } = await supabase
    .rpc('create_api_key', {
      p_name: request.name,
      p_permissions: request.permissions,
      p_expires_at: request.expires_at ?? null,
      p_ip_allowlist: request.ip_allowlist,
    })
    .single<CreatedApiKey>();
  if (error) throw databaseError(error);
  return data;
}

/** A page of the user's own keys, newest first, revoked ones too. */
async function listKeys(supabase: SupabaseClient, userId: string, page: ListApiKeysQuery): Promise<ApiKeyPage> {
  return readNewestFirst<ApiKey>(supabase, { table: 'api_keys', columns: COLUMNS, userId }, page);
}

async function getKey(supabase: SupabaseClient, userId: string, id: string): Promise<ApiKey> {
  const { data, error } = await supabase
    .from('api_keys')
    .select(COLUMNS)
    .eq('id', id)
    .eq('user_id', userId)
    .maybeSingle<ApiKey>();
  if (error) throw databaseError(error);
  if (!data) throw new ApiError('api_key_not_found');
  return data;
}

/** Revokes a key for good, with the sessions of the runners that hold it; a second time changes nothing. */
async function revokeKey(supabase: SupabaseClient, userId: string, id: string): Promise<ApiKey> {
  const { error } = await supabase.rpc('revoke_api_key', { p_api_key_id: id });
  if (error) throw databaseError(error);
  return getKey(supabase, userId, id);
}
