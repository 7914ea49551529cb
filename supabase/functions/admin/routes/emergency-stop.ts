import { EngageSystemStopRequest } from '@tradebase/contracts';
import { Hono } from 'hono';
import { databaseError } from '../../_shared/database-error.ts';
import { IdParam } from '../../_shared/id-param.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import { readJson } from '../../_shared/read-json.ts';
import type { UserEnv } from '../../_shared/require-user.ts';

/** Emergency stops of the whole system. */
export const emergencyStop = new Hono<UserEnv>()
  .post('/', async (c) => {
    const { reason, close_positions } = parseInput(EngageSystemStopRequest, await readJson(c.req.raw));
    const { data, error } = await c.var.supabase.rpc('engage_emergency_stop', {
      p_scope: 'system',
      p_reason: reason,
      p_close_positions: close_positions,
    });
    if (error) throw databaseError(error);
    return c.json(data, 201);
  })
  .all('/', methodNotAllowed('POST'))
  .delete('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const { data, error } = await c.var.supabase.rpc('release_emergency_stop', { p_halt_id: id });
    if (error) throw databaseError(error);
    return c.json(data);
  })
  .all('/:id', methodNotAllowed('DELETE'));
