import { SetConfigRequest } from '@tradebase/contracts';
import { Hono } from 'hono';
import { z } from 'zod';
import { databaseError } from '../../_shared/database-error.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import { readJson } from '../../_shared/read-json.ts';
import type { UserEnv } from '../../_shared/require-user.ts';

/** More settings than there are. */
const MAX_SETTINGS = 1000;
const PathParams = z.strictObject({ key: z.string().min(3).max(100) });

export const config = new Hono<UserEnv>()
  .get('/', async (c) => {
    const { data, error } = await c.var.supabase.rpc('admin_read', {
      p_table: 'system_config',
      p_limit: MAX_SETTINGS,
      p_order: 'key',
    });
    if (error) throw databaseError(error);
    return c.json({ settings: data });
  })
  .all('/', methodNotAllowed('GET'))
  .put('/:key', async (c) => {
    const { key } = parseInput(PathParams, c.req.param());
    const { value } = parseInput(SetConfigRequest, await readJson(c.req.raw));
    const { data, error } = await c.var.supabase.rpc('set_system_config', { p_key: key, p_value: value });
    if (error) throw databaseError(error);
    return c.json(data);
  })
  .all('/:key', methodNotAllowed('PUT'));
