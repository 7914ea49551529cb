import { Hono } from 'hono';
import { clientAddress } from '../../_shared/client-address.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { issueToken } from '../issue-token.ts';
import { loadSigningKey } from '../load-signing-key.ts';
import { type RunnerEnv, requireRunner } from '../require-runner.ts';
import { SessionGrant } from '../session-grant.ts';

/** Gives a runner that is connected its next token. The database says whether it is, for the token that it has. */
export const refresh = new Hono<RunnerEnv>()
  .post('/', requireRunner, async (c) => {
    const signingKey = await loadSigningKey();
    const { data, error } = await c.var.supabase.rpc('refresh_runner', { p_ip: clientAddress(c.req.raw) });
    if (error) throw databaseError(error);
    return c.json(await issueToken(signingKey, SessionGrant.parse(data)));
  })
  .all('/', methodNotAllowed('POST'));
