import type { SupabaseClient } from '@supabase/supabase-js';
import {
  CreateCredentialRequest,
  type Credential,
  type CredentialAccess,
  type CredentialAccessPage,
  type CredentialList,
  isErrorCode,
  ListCredentialAccessesQuery,
  UpdateCredentialRequest,
} from '@tradebase/contracts';
import { Hono } from 'hono';
import { z } from 'zod';
import { ApiError } from '../../_shared/api-error.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { IdParam } from '../../_shared/id-param.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import { readJson } from '../../_shared/read-json.ts';
import type { UserEnv } from '../../_shared/require-user.ts';

const COLUMNS =
  'id, exchange, name, key_hint, has_passphrase, is_sandbox, status, test_status, test_error, last_tested_at, ' +
  'last_used_at, created_at, updated_at';
const ACCESS_COLUMNS = 'id, credential_id, credential_name, opened_by, opened_at, purpose, bot_id, order_id, job_id';

export const credentials = new Hono<UserEnv>()
  .post('/', async (c) => {
    const request = parseInput(CreateCredentialRequest, await readJson(c.req.raw));
    return c.json(await createCredential(c.var.supabase, c.var.userId, request), 201);
  })
  .get('/', async (c) => c.json(await listCredentials(c.var.supabase, c.var.userId)))
  .all('/', methodNotAllowed('GET', 'POST'))
  .get('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await getCredential(c.var.supabase, c.var.userId, id));
  })
  .patch('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const request = parseInput(UpdateCredentialRequest, await readJson(c.req.raw));
    return c.json(await updateCredential(c.var.supabase, c.var.userId, id, request));
  })
  .delete('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    await deleteCredential(c.var.supabase, c.var.userId, id);
    return c.body(null, 204);
  })
  .all('/:id', methodNotAllowed('GET', 'PATCH', 'DELETE'))
  .post('/:id/test', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await testCredential(c.var.supabase, c.var.userId, id), 202);
  })
  .all('/:id/test', methodNotAllowed('POST'))
  .get('/:id/accesses', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const query = parseInput(ListCredentialAccessesQuery, c.req.query());
    return c.json(await listAccesses(c.var.supabase, c.var.userId, id, query));
  })
  .all('/:id/accesses', methodNotAllowed('GET'));

/** Stores a credential, encrypted in the database. */
async function createCredential(
  supabase: SupabaseClient,
  userId: string,
  request: CreateCredentialRequest,
): Promise<Credential> {
  const { data: id, error } = await supabase.rpc('create_credential', request);
  if (error) {
    if (isErrorCode(error.code)) throw databaseError(error);
    // Of any other error the code alone: its text would be logged, and is not ours.
    throw databaseError({ code: error.code, message: 'the credential could not be stored' });
  }
  return getCredential(supabase, userId, z.guid().parse(id));
}

/** The user's own credentials, newest first. */
async function listCredentials(supabase: SupabaseClient, userId: string): Promise<CredentialList> {
  const { data, error } = await supabase
    .from('exchange_credentials')
    .select(COLUMNS)
    .eq('user_id', userId)
    .order('created_at', { ascending: false })
    .order('id', { ascending: false })
    .overrideTypes<Credential[], { merge: false }>();
  if (error) throw databaseError(error);
  return { items: data };
}

async function getCredential(supabase: SupabaseClient, userId: string, id: string): Promise<Credential> {
  const { data, error } = await supabase
    .from('exchange_credentials')
    .select(COLUMNS)
    .eq('id', id)
    .eq('user_id', userId)
    .maybeSingle<Credential>();
  if (error) throw databaseError(error);
  if (!data) throw new ApiError('credential_not_found');
  return data;
}

/** Renames, disables or enables a credential. */
async function updateCredential(
  supabase: SupabaseClient,
  userId: string,
  id: string,
  { name, enabled }: UpdateCredentialRequest,
): Promise<Credential> {
  const { error } = await supabase.rpc('update_credential', {
    p_credential_id: id,
    p_name: name ?? null,
    p_enabled: enabled ?? null,
  });
  if (error) throw databaseError(error);
  return getCredential(supabase, userId, id);
}

async function deleteCredential(supabase: SupabaseClient, userId: string, id: string): Promise<void> {
  // What one may see and not delete, a viewer's own for instance, is there and forbidden.
  await getCredential(supabase, userId, id);
  const { data, error } = await supabase
    .from('exchange_credentials')
    .delete()
    .eq('id', id)
    .eq('user_id', userId)
    .select('id');
  if (error) throw databaseError(error);
  if (data.length === 0) throw new ApiError('forbidden');
}

/** Has a worker ask the exchange; the event `credential_tested` tells how it went. */
async function testCredential(supabase: SupabaseClient, userId: string, id: string): Promise<Credential> {
  const { error } = await supabase.rpc('request_credential_test', { p_credential_id: id });
  if (error) throw databaseError(error);
  return getCredential(supabase, userId, id);
}

/** A page of the openings of one credential, newest first. */
async function listAccesses(
  supabase: SupabaseClient,
  userId: string,
  id: string,
  { limit, cursor }: ListCredentialAccessesQuery,
): Promise<CredentialAccessPage> {
  await getCredential(supabase, userId, id);
  let query = supabase
    .from('credential_access_log')
    .select(ACCESS_COLUMNS)
    .eq('credential_id', id)
    .eq('user_id', userId);
  if (cursor !== undefined) query = query.lt('id', cursor);
  const { data, error } = await query
    .order('id', { ascending: false })
    // One more than asked for tells whether there is a next page.
    .limit(limit + 1)
    .overrideTypes<CredentialAccess[], { merge: false }>();
  if (error) throw databaseError(error);
  const items = data.slice(0, limit);
  return { items, next_cursor: data.length > limit ? (items.at(-1)?.id ?? null) : null };
}
