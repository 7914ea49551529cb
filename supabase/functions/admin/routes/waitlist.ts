import { ListByStatusQuery } from '@tradebase/contracts';
import { Hono } from 'hono';
import { databaseError } from '../../_shared/database-error.ts';
import { IdParam } from '../../_shared/id-param.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import type { UserEnv } from '../../_shared/require-user.ts';
import { listByStatus } from './list-by-status.ts';

/** Who waits, and invitations: stored as pending messages, which nothing delivers yet. */
export const waitlist = new Hono<UserEnv>()
  .get('/', async (c) => {
    const query = parseInput(ListByStatusQuery, c.req.query());
    const { rows, total_count } = await listByStatus(c.var.supabase, 'waitlist', query);
    return c.json({ waitlist_entries: rows, total_count });
  })
  .all('/', methodNotAllowed('GET'))
  .post('/:id/invite', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const { data, error } = await c.var.supabase.rpc('invite_from_waitlist', { p_waitlist_id: id });
    if (error) throw databaseError(error);
    return c.json(data);
  })
  .all('/:id/invite', methodNotAllowed('POST'));
