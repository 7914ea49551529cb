import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { ApiError } from './api-error.ts';
import { handleError } from './handle-error.ts';
import { logRequest } from './log-request.ts';
import type { RequestEnv } from './request-env.ts';

/** How long a browser may remember a preflight. */
const PREFLIGHT_MAX_AGE_S = 7200;

/**
 * The frame of every function: log line, CORS, errors in the one shape. Supabase leaves the function's name in the path,
 * so routes begin below `/<name>`.
 */
export function createFunction(name: string) {
  const app = new Hono<RequestEnv>().basePath(`/${name}`);
  app.use(logRequest(name));
  app.use(
    // Any origin: callers prove who they are with a header, never with a cookie.
    cors({
      origin: '*',
      allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowHeaders: ['authorization', 'apikey', 'content-type', 'x-client-info', 'x-request-id'],
      exposeHeaders: ['x-request-id', 'server-timing', 'retry-after'],
      maxAge: PREFLIGHT_MAX_AGE_S,
    }),
  );
  app.onError(handleError);
  app.notFound(() => {
    throw new ApiError('not_found');
  });
  return app;
}
