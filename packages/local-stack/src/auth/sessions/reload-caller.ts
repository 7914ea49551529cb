import type { Database } from '../auth-services.ts';
import { AuthError } from '../requests/auth-error.ts';
import { findUserById } from '../users/find-user.ts';
import type { Caller } from './authenticate.ts';
import { findSession } from './session-store.ts';

/** The caller as of now: what was read before a lock may be outdated. Refuses one whose user or session has gone. */
export async function reloadCaller(tx: Database, caller: Caller): Promise<Caller> {
  const user = await findUserById(tx, caller.user.id);
  if (!user) throw new AuthError(403, 'user_not_found', 'User from sub claim in JWT does not exist');
  const session = await findSession(tx, caller.session.id);
  if (!session) {
    throw new AuthError(403, 'session_not_found', 'Session from session_id claim in JWT does not exist');
  }
  return { user, session };
}
