import type { TokenClaims } from '../../config/verify-token.ts';
import type { AuthServices } from '../auth-services.ts';
import { AuthError } from '../requests/auth-error.ts';
import { isUuid } from '../requests/uuid.ts';
import { findUserById } from '../users/find-user.ts';
import { isBanned, type UserRecord } from '../users/user-record.ts';
import { findSession, type SessionRecord } from './session-store.ts';

/** A user with a live session. */
export interface Caller {
  readonly user: UserRecord;
  readonly session: SessionRecord;
}

/** The user behind a request's access token. Refuses a token that is broken, or whose user or session is gone. */
export async function authenticate(auth: AuthServices, request: Request): Promise<Caller> {
  const claims = await readClaims(auth, request);
  if (!claims.sub) throw badJwt('invalid claim: missing sub claim');
  if (!isUuid(claims.sub)) throw badJwt('invalid claim: sub claim must be a UUID');
  const user = await findUserById(auth.pool, claims.sub);
  if (!user) throw new AuthError(403, 'user_not_found', 'User from sub claim in JWT does not exist');
  const session = isUuid(claims.session_id) ? await findSession(auth.pool, claims.session_id) : undefined;
  if (session?.user_id !== user.id) {
    throw new AuthError(403, 'session_not_found', 'Session from session_id claim in JWT does not exist');
  }
  if (isBanned(user, auth.now())) throw new AuthError(403, 'user_banned', 'User is banned');
  return { user, session };
}

/** Refuses every token but the service role's. */
export async function requireServiceRole(auth: AuthServices, request: Request): Promise<void> {
  const claims = await readClaims(auth, request);
  if (claims.role !== 'service_role') throw new AuthError(403, 'not_admin', 'User not allowed');
}

async function readClaims(auth: AuthServices, request: Request): Promise<TokenClaims> {
  const [, token] = /^bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  if (!token) throw new AuthError(401, 'no_authorization', 'This endpoint requires a valid Bearer token');
  try {
    return await auth.verifyToken(token);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreadable';
    throw badJwt(`invalid JWT: unable to parse or verify signature, ${reason}`);
  }
}

function badJwt(message: string): AuthError {
  return new AuthError(403, 'bad_jwt', message);
}
