import { AnswerContactMessageRequest, ListByStatusQuery } from '@tradebase/contracts';
import { Hono } from 'hono';
import { databaseError } from '../../_shared/database-error.ts';
import { IdParam } from '../../_shared/id-param.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import { readJson } from '../../_shared/read-json.ts';
import type { UserEnv } from '../../_shared/require-user.ts';
import { listByStatus } from './list-by-status.ts';

/** What people wrote, and the admins' answers: stored as pending messages, which nothing delivers yet. */
export const contactMessages = new Hono<UserEnv>()
  .get('/', async (c) => {
    const query = parseInput(ListByStatusQuery, c.req.query());
    const { rows, total_count } = await listByStatus(c.var.supabase, 'contact_messages', query);
    return c.json({ contact_messages: rows, total_count });
  })
  .all('/', methodNotAllowed('GET'))
  .post('/:id/answer', async (c) => {
    const { id } = parseInput(IdParam, c.req.param());
    const { response } = parseInput(AnswerContactMessageRequest, await readJson(c.req.raw));
    const { data, error } = await c.var.supabase.rpc('answer_contact_message', {
      p_contact_message_id: id,
      p_response: response,
    });
    if (error) throw databaseError(error);
    return c.json(data);
  })
  .all('/:id/answer', methodNotAllowed('POST'));
