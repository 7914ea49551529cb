// Imported for its version: @supabase/server would take any 2.x, the newest on the day of a deploy.
import '@supabase/supabase-js';
import { createContextClient, verifyAuth } from '@supabase/server/core';
import type { SupabaseClient } from '@supabase/supabase-js';
import { createMiddleware } from 'hono/factory';
import { ApiError } from '../_shared/api-error.ts';
import type { RequestEnv, RequestVariables } from '../_shared/request-env.ts';

/** What a handler of a runner finds: whose it is, and a client that carries its token. */
export interface RunnerEnv extends RequestEnv {
  Variables: RequestVariables & { userId: string; supabase: SupabaseClient };
}

/**
 * Lets only who holds a runner token through: a user's is refused. Verified here are signature and expiry; whether the
 * session lives, and in this epoch, each function of the database asks itself.
 */
export const requireRunner = createMiddleware<RunnerEnv>(async (c, next) => {
  const { data: auth, error } = await verifyAuth(c.req.raw, { auth: 'user' });
  if (error) {
    if (error.status !== 401) throw new ApiError('internal_error', { cause: error });
    throw new ApiError(error.code === 'MISSING_CREDENTIALS' ? 'missing_token' : 'invalid_token', {
      message: 'Authenticate first: a live runner token belongs into the Authorization header',
    });
  }
  const claims = auth.jwtClaims;
  const userId = claims?.app_metadata?.user_id;
  if (claims?.exp === undefined || claims.app_metadata?.api_key_id === undefined || typeof userId !== 'string') {
    throw new ApiError('invalid_token', { message: 'This is no runner token: POST /authenticate gives one' });
  }
  c.set('userId', userId);
  const headers = { 'x-request-id': c.get('requestId') };
  c.set('supabase', createContextClient({ auth: { token: auth.token }, supabaseOptions: { global: { headers } } }));
  await next();
});
