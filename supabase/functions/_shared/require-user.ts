// Imported for its version: @supabase/server would take any 2.x, the newest on the day of a deploy.
import '@supabase/supabase-js';
import { createContextClient, verifyAuth } from '@supabase/server/core';
import type { SupabaseClient } from '@supabase/supabase-js';
import { createMiddleware } from 'hono/factory';
import { ApiError } from './api-error.ts';
import type { RequestEnv, RequestVariables } from './request-env.ts';

/** What a handler of a signed-in user finds: who it is, and a client that sees what this user may see. */
export interface UserEnv extends RequestEnv {
  Variables: RequestVariables & { userId: string; supabase: SupabaseClient };
}

/** The role of every session that Auth issues. */
const USER_ROLE = 'authenticated';
/** As much as the audit log keeps. */
const LONGEST_USER_AGENT = 256;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Lets only a signed-in user through. An invalid or expired token is refused, never treated as anonymous, and neither an
 * API key nor a runner is a user. Verifies against SUPABASE_JWKS, without a request to Auth.
 */
export const requireUser = createMiddleware<UserEnv>(async (c, next) => {
  const started = performance.now();
  const { data: auth, error } = await verifyAuth(c.req.raw, { auth: 'user' });
  if (error) throw refusal(error);
  const { jwtClaims: claims } = auth;
  // Verified so far is the signature, and `exp` where there is one.
  if (claims?.role !== USER_ROLE || claims.exp === undefined || !UUID.test(claims.sub)) {
    throw new ApiError('invalid_token');
  }
  // Of the same role, but its subject is a runner's session and no user.
  if (claims.app_metadata?.api_key_id !== undefined) {
    throw new ApiError('invalid_token', { message: 'A runner token is not a user: it is for the function runner' });
  }
  c.set('userId', claims.sub);
  const fetch = timedFetch(c.get('timings'));
  // The id goes along to the database, which puts it into the jobs that a request causes, and into the audit log with the
  // caller's program.
  const userAgent = c.req.header('user-agent')?.slice(0, LONGEST_USER_AGENT);
  const headers = { 'x-request-id': c.get('requestId'), ...(userAgent ? { 'user-agent': userAgent } : {}) };
  c.set(
    'supabase',
    createContextClient({ auth: { token: auth.token }, supabaseOptions: { global: { fetch, headers } } }),
  );
  c.get('timings').auth = performance.now() - started;
  await next();
});

/** `fetch` that adds its time, to the response's headers, to the part `db`. */
function timedFetch(timings: Record<string, number>): typeof fetch {
  return async (...args) => {
    const started = performance.now();
    try {
      return await fetch(...args);
    } finally {
      timings.db = (timings.db ?? 0) + performance.now() - started;
    }
  };
}

function refusal(error: { code: string; status: number }): ApiError {
  if (error.status !== 401) return new ApiError('internal_error', { cause: error });
  // No token at all, or an API key or another scheme where the token belongs.
  const missing = error.code === 'MISSING_CREDENTIALS' || error.code === 'UNUSABLE_CREDENTIAL';
  return new ApiError(missing ? 'missing_token' : 'invalid_token');
}
