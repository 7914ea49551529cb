import {
  type EmergencyStop,
  type EmergencyStopList,
  EngageEmergencyStopRequest,
  ListEmergencyStopsQuery,
} from '@tradebase/contracts';
import { Hono } from 'hono';
import { databaseError } from '../../_shared/database-error.ts';
import { IdParam } from '../../_shared/id-param.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import { readJson } from '../../_shared/read-json.ts';
import type { UserEnv } from '../../_shared/require-user.ts';

const COLUMNS = 'id, scope, user_id, bot_id, reason, close_positions, engaged_by, engaged_at, released_by, released_at';

/** Emergency stops of the user and the user's bots. Those of the whole system are in the function admin. */
export const emergencyStops = new Hono<UserEnv>()
  .post('/emergency-stop', async (c) => {
    const { scope, bot_id, reason, close_positions } = parseInput(
      EngageEmergencyStopRequest,
      await readJson(c.req.raw),
    );
    const { data, error } = await c.var.supabase
      .rpc('engage_emergency_stop', {
        p_scope: scope,
        p_reason: reason,
        p_bot_id: bot_id ?? null,
        p_close_positions: close_positions,
      })
      .single<EmergencyStop>();
    if (error) throw databaseError(error);
    return c.json(data, 201);
  })
  .all('/emergency-stop', methodNotAllowed('POST'))
  .delete('/emergency-stop/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const { data, error } = await c.var.supabase
      .rpc('release_emergency_stop', { p_halt_id: id })
      .single<EmergencyStop>();
    if (error) throw databaseError(error);
    return c.json(data);
  })
  .all('/emergency-stop/:id', methodNotAllowed('DELETE'))
  .get('/emergency-stops', async (c) => {
    const { limit, engaged } = parseInput(ListEmergencyStopsQuery, c.req.query());
    let query = c.var.supabase.from('trading_halts').select(COLUMNS);
    if (engaged === 'true') query = query.is('released_at', null);
    if (engaged === 'false') query = query.not('released_at', 'is', null);
    const { data, error } = await query
      .order('engaged_at', { ascending: false })
      .order('id', { ascending: false })
      .limit(limit)
      .overrideTypes<EmergencyStop[], { merge: false }>();
    if (error) throw databaseError(error);
    return c.json({ items: data } satisfies EmergencyStopList);
  })
  .all('/emergency-stops', methodNotAllowed('GET'));
