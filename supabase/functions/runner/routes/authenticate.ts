import { AuthenticateRunnerRequest } from '@tradebase/contracts';
import { Hono } from 'hono';
import { adminClient } from '../../_shared/admin-client.ts';
import { clientAddress } from '../../_shared/client-address.ts';
import { databaseError } from '../../_shared/database-error.ts';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import { parseInput } from '../../_shared/parse-input.ts';
import { readJson } from '../../_shared/read-json.ts';
import type { RequestEnv } from '../../_shared/request-env.ts';
import { issueToken } from '../issue-token.ts';
import { loadSigningKey } from '../load-signing-key.ts';
import { SessionGrant } from '../session-grant.ts';

/** The part of a key that is no secret. */
const KEY_PREFIX = /^tb_([0-9a-z]{8})_/;

/** Connects a runner with its API key, and gives it a token. The key is in the body: an address would be logged. */
export const authenticate = new Hono<RequestEnv>()
  .post('/', async (c) => {
    const { api_key, machine_id, machine_info, version } = parseInput(
      AuthenticateRunnerRequest,
      await readJson(c.req.raw),
    );
    // Before anything is written: a runner that connects ends its connection before.
    const signingKey = await loadSigningKey();
    // The secret key, because whoever has an API key has no session yet.
    const admin = adminClient(c.var.requestId);
    const ip = clientAddress(c.req.raw);
    const counted = await admin.rpc('count_runner_authentication', {
      p_ip: ip,
      p_key_prefix: KEY_PREFIX.exec(api_key)?.[1] ?? null,
    });
    if (counted.error) throw databaseError(counted.error);
    const { data, error } = await admin.rpc('connect_runner', {
      p_key: api_key,
      p_ip: ip,
      p_machine_id: machine_id,
      p_machine_info: machine_info,
      p_version: version,
    });
    if (error) throw databaseError(error);
    const grant = SessionGrant.parse(data);
    c.set('userId', grant.user_id);
    return c.json(await issueToken(signingKey, grant));
  })
  .all('/', methodNotAllowed('POST'));
