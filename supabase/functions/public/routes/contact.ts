import { ContactRequest, type PublicFormResponse } from '@tradebase/contracts';
import { Hono } from 'hono';
import { adminClient } from '../../_shared/admin-client.ts';
import { clientAddress } from '../../_shared/client-address.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import { readJson } from '../../_shared/read-json.ts';
import type { RequestEnv } from '../../_shared/request-env.ts';

const ANSWER: PublicFormResponse = { message: 'Thank you: we will answer to your address' };

/** Takes a message for the admins. Their answer is stored as a pending message: nothing delivers it yet. */
export const contact = new Hono<RequestEnv>()
  .post('/', async (c) => {
    const { name, email, message, website } = parseInput(ContactRequest, await readJson(c.req.raw));
    if (website) return c.json(ANSWER, 202);
    // The secret key, because callers have no session and anonymous callers have no rights on any table or function.
    const { error } = await adminClient(c.var.requestId).rpc('submit_contact_message', {
      p_name: name,
      p_email: email,
      p_message: message,
      p_ip: clientAddress(c.req.raw),
    });
    if (error) throw databaseError(error);
    return c.json(ANSWER, 202);
  })
  .all('/', methodNotAllowed('POST'));
