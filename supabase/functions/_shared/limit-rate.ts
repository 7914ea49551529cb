import { createMiddleware } from 'hono/factory';
import { databaseError } from './database-error.ts';
import type { UserEnv } from './require-user.ts';

/** Methods whose handlers only read. */
const READS: readonly string[] = ['GET', 'HEAD'];

/**
 * Counts a call that reads against the user's quota calls_per_minute, and refuses it with `rate_limited` when that is used
 * up. It is counted while its handler reads, which saves every call a round trip, and costs a read for one that is refused:
 * no more than the same read through REST, which nothing counts. A call that writes is counted in the database, by
 * private.check_request, once for each request that its handler sends there: it is not counted here again. Goes after
 * requireUser.
 */
export const limitRate = createMiddleware<UserEnv>(async (c, next) => {
  if (!READS.includes(c.req.method)) return await next();
  const [counted, handled] = await Promise.allSettled([c.var.supabase.rpc('take_call'), next()]);
  if (counted.status === 'rejected') throw counted.reason;
  // Whatever else is wrong with the database, the handler's own query meets and says.
  if (counted.value.error?.code === 'rate_limited') throw databaseError(counted.value.error);
  if (handled.status === 'rejected') throw handled.reason;
});
