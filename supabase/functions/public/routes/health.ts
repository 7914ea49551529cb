import { Hono } from 'hono';
import { methodNotAllowed } from '../../_shared/method-not-allowed.ts';
import type { RequestEnv } from '../../_shared/request-env.ts';

const VERSION = '0.1.0';

/** Says that the functions are up; asks nothing of the database. */
export const health = new Hono<RequestEnv>()
  .get('/', (c) => c.json({ status: 'ok', version: VERSION }))
  .all('/', methodNotAllowed('GET'));
