import type { SupabaseClient } from '@supabase/supabase-js';
import { type AdminUser, ChangeUserRequest, ListUsersQuery, type UserPage } from '@tradebase/contracts';
import { Hono } from 'hono';
import { ApiError } from '../../_shared/api-error.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { IdParam } from '../../_shared/id-param.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import { readJson } from '../../_shared/read-json.ts';
import type { UserEnv } from '../../_shared/require-user.ts';

export const users = new Hono<UserEnv>()
  .get('/', async (c) => c.json(await listUsers(c.var.supabase, parseInput(ListUsersQuery, c.req.query()))))
  .all('/', methodNotAllowed('GET'))
  .get('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await getUser(c.var.supabase, id));
  })
  .patch('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const change = parseInput(ChangeUserRequest, await readJson(c.req.raw));
    return c.json(await changeUser(c.var.supabase, id, change));
  })
  .all('/:id', methodNotAllowed('GET', 'PATCH'));

async function listUsers(supabase: SupabaseClient, query: ListUsersQuery): Promise<UserPage> {
  const { data, error } = await supabase.rpc('list_users', {
    p_limit: query.limit,
    p_offset: query.offset,
    p_active: query.status === undefined ? null : query.status === 'active',
    p_role: query.role ?? null,
    p_email: query.email ?? null,
  });
  if (error) throw databaseError(error);
  return data as UserPage;
}

async function getUser(supabase: SupabaseClient, id: string): Promise<AdminUser> {
  const { data, error } = await supabase.rpc('list_users', { p_user_id: id });
  if (error) throw databaseError(error);
  const [user] = (data as UserPage).users;
  if (!user) throw new ApiError('user_not_found');
  return user;
}

/** Role, plan and activity change together or not at all. */
async function changeUser(supabase: SupabaseClient, id: string, change: ChangeUserRequest): Promise<AdminUser> {
  const { error } = await supabase.rpc('change_user', {
    p_user_id: id,
    p_role: change.role ?? null,
    p_plan: change.plan ?? null,
    p_is_active: change.is_active ?? null,
  });
  if (error) throw databaseError(error);
  return getUser(supabase, id);
}
