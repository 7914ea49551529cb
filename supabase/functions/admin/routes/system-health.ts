import { Hono } from 'hono';
import { databaseError } from '../../_shared/database-error.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import type { UserEnv } from '../../_shared/require-user.ts';

export const systemHealth = new Hono<UserEnv>()
  .get('/', async (c) => {
    const { data, error } = await c.var.supabase.rpc('system_report');
    if (error) throw databaseError(error);
    return c.json(data);
  })
  .all('/', methodNotAllowed('GET'));
