import type { SupabaseClient } from '@supabase/supabase-js';
import {
  type BotControl,
  BotPerformanceQuery,
  CreateBotRequest,
  ListBotRunsQuery,
  ListBotsQuery,
  StartBotRequest,
  StopBotRequest,
  UpdateBotRequest,
} from '@tradebase/contracts';
import { Hono } from 'hono';
import { databaseError } from '../../_shared/database-error.ts';
import { IdParam } from '../../_shared/id-param.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import { readJson, readOptionalJson } from '../../_shared/read-json.ts';
import type { UserEnv } from '../../_shared/require-user.ts';
import { getBotDetail, getPerformance, listBotRuns, listBots } from '../bots/read-bot.ts';
import { createBot, deleteBot, updateBot } from '../bots/write-bot.ts';

/** The user's bots: their settings, their start and stop, and what they have done. */
export const bots = new Hono<UserEnv>()
  .post('/', async (c) => {
    const request = parseInput(CreateBotRequest, await readJson(c.req.raw));
    return c.json(await createBot(c.var.supabase, c.var.userId, request), 201);
  })
  .get('/', async (c) => {
    const query = parseInput(ListBotsQuery, c.req.query());
    return c.json(await listBots(c.var.supabase, c.var.userId, query));
  })
  .all('/', methodNotAllowed('GET', 'POST'))
  .get('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await getBotDetail(c.var.supabase, c.var.userId, id));
  })
  .put('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const request = parseInput(UpdateBotRequest, await readJson(c.req.raw));
    return c.json(await updateBot(c.var.supabase, c.var.userId, id, request));
  })
  .delete('/:id', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    await deleteBot(c.var.supabase, c.var.userId, id);
    return c.body(null, 204);
  })
  .all('/:id', methodNotAllowed('GET', 'PUT', 'DELETE'))
  .post('/:id/start', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const { runner_session_id } = parseInput(StartBotRequest, await readOptionalJson(c.req.raw));
    const more = runner_session_id === undefined ? {} : { p_runner_session_id: runner_session_id };
    return c.json(await control(c.var.supabase, 'start_bot', id, more));
  })
  .all('/:id/start', methodNotAllowed('POST'))
  .post('/:id/stop', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const { reason } = parseInput(StopBotRequest, await readOptionalJson(c.req.raw));
    return c.json(await control(c.var.supabase, 'stop_bot', id, reason === undefined ? {} : { p_reason: reason }));
  })
  .all('/:id/stop', methodNotAllowed('POST'))
  .post('/:id/pause', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await control(c.var.supabase, 'pause_bot', id));
  })
  .all('/:id/pause', methodNotAllowed('POST'))
  .post('/:id/resume', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    return c.json(await control(c.var.supabase, 'resume_bot', id));
  })
  .all('/:id/resume', methodNotAllowed('POST'))
  .get('/:id/runs', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const query = parseInput(ListBotRunsQuery, c.req.query());
    return c.json(await listBotRuns(c.var.supabase, c.var.userId, id, query));
  })
  .all('/:id/runs', methodNotAllowed('GET'))
  .get('/:id/performance', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const query = parseInput(BotPerformanceQuery, c.req.query());
    return c.json(await getPerformance(c.var.supabase, id, query));
  })
  .all('/:id/performance', methodNotAllowed('GET'));

/** Asks the database for a change of the status of a bot; the command to its runner commits with it. */
async function control(
  supabase: SupabaseClient,
  action: 'start_bot' | 'stop_bot' | 'pause_bot' | 'resume_bot',
  id: string,
  more: object = {},
): Promise<BotControl> {
  const { data, error } = await supabase.rpc(action, { p_bot_id: id, ...more });
  if (error) throw databaseError(error);
  return data;
}
