import { ListPositionsQuery, ListRunLogsQuery, ListRunsQuery } from '@tradebase/contracts';
import { Hono } from 'hono';
import { IdParam } from '../../_shared/id-param.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import type { UserEnv } from '../../_shared/require-user.ts';
import { listRunLogs } from '../trading/list-run-logs.ts';
import { getPosition, listPositions } from '../trading/read-position.ts';
import { getRun, listRuns } from '../trading/read-run.ts';

/** What the user's bots did: runs, their logs, and positions. All of it can be read from the tables as well. */
export const trading = new Hono<UserEnv>()
  .get('/runs', async (c) => {
    const query = parseInput(ListRunsQuery, c.req.query());
    return c.json(await listRuns(c.var.supabase, c.var.userId, query));
  })
  .all('/runs', methodNotAllowed('GET'))
  .get('/runs/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await getRun(c.var.supabase, c.var.userId, id));
  })
  .all('/runs/:id', methodNotAllowed('GET'))
  .get('/runs/:id/logs', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const query = parseInput(ListRunLogsQuery, c.req.query());
    return c.json(await listRunLogs(c.var.supabase, c.var.userId, id, query));
  })
  .all('/runs/:id/logs', methodNotAllowed('GET'))
  .get('/positions', async (c) => {
    const query = parseInput(ListPositionsQuery, c.req.query());
    return c.json(await listPositions(c.var.supabase, c.var.userId, query));
  })
  .all('/positions', methodNotAllowed('GET'))
  .get('/positions/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await getPosition(c.var.supabase, c.var.userId, id));
  })
  .all('/positions/:id', methodNotAllowed('GET'));
