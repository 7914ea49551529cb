import { writeAuditEntry } from '../audit-log.ts';
import type { AuthServices, Database } from '../auth-services.ts';
import { AuthError, invalid } from '../requests/auth-error.ts';
import { readFields } from '../requests/request-fields.ts';
import { type RequestOrigin, requestOrigin } from '../requests/request-origin.ts';
import { transaction } from '../transaction.ts';
import { findUserById } from '../users/find-user.ts';
import { isBanned, type UserRecord } from '../users/user-record.ts';
import { issueAccessToken } from './issue-access-token.ts';
import { presentSession, type SessionResponse } from './issue-session.ts';
import {
  findActiveRefreshToken,
  findRefreshToken,
  insertRefreshToken,
  isRefreshToken,
  lockSessionOfToken,
  newRefreshToken,
  type RefreshTokenRecord,
  revokeRefreshToken,
} from './refresh-token-store.ts';
import { deleteSession, type SessionRecord, touchSession } from './session-store.ts';

/** POST /token?grant_type=refresh_token: a new access token, and the next refresh token of the session. */
export async function refreshSession(auth: AuthServices, request: Request): Promise<SessionResponse> {
  const token = (await readFields(request)).text('refresh_token') ?? '';
  if (!isRefreshToken(token)) throw invalid('Refresh token is not valid');
  const response = await transaction(auth.pool, (tx) => refreshLocked(auth, tx, token, requestOrigin(request)));
  // Thrown here, because the end of the session must be committed.
  if (!response) {
    throw new AuthError(400, 'refresh_token_already_used', 'Invalid Refresh Token: Already Used');
  }
  return response;
}

/** Undefined when the token was used before and may not be used again. */
async function refreshLocked(
  auth: AuthServices,
  tx: Database,
  token: string,
  origin: RequestOrigin,
): Promise<SessionResponse | undefined> {
  const session = await lockSessionOfToken(tx, token);
  const presented = session && (await findRefreshToken(tx, token));
  const user = session && (await findUserById(tx, session.user_id));
  if (!session || !presented || !user) {
    throw new AuthError(400, 'refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found');
  }
  checkAlive(session, user, auth.now());
  const next = await nextRefreshToken(auth, tx, { session, presented });
  if (!next) {
    if (auth.config.refreshTokenRotation) await deleteSession(tx, session.id);
    return undefined;
  }
  const accessToken = await issueAccessToken(auth, tx, { user, sessionId: session.id, method: 'token_refresh' });
  await touchSession(tx, session.id, origin, auth.now());
  await writeAuditEntry(tx, { actor: user, action: 'token_refreshed', now: auth.now() });
  return presentSession(auth, accessToken, next, user);
}

function checkAlive(session: SessionRecord, user: UserRecord, now: Date): void {
  if (isBanned(user, now)) throw new AuthError(400, 'user_banned', 'Invalid Refresh Token: User Banned');
  if (session.not_after && session.not_after < now) {
    throw new AuthError(400, 'session_expired', 'Invalid Refresh Token: Session Expired');
  }
}

/**
 * The token to go on with. A used token is good in two cases, in which the active one is handed out again: it is the
 * parent of the active one, so the client has lost our answer; or it was used within the reuse interval, so tabs of one
 * browser refresh at once. Otherwise somebody holds a copy.
 */
async function nextRefreshToken(
  auth: AuthServices,
  tx: Database,
  { session, presented }: { session: SessionRecord; presented: RefreshTokenRecord },
): Promise<string | undefined> {
  if (!presented.revoked) return rotate(auth, tx, session, presented.token);
  const active = await findActiveRefreshToken(tx, session.id);
  const reusableUntil = presented.updated_at.getTime() + auth.config.refreshTokenReuseIntervalSeconds * 1000;
  const reusable = active?.parent === presented.token || auth.now().getTime() <= reusableUntil;
  return reusable ? active?.token : undefined;
}

async function rotate(auth: AuthServices, tx: Database, session: SessionRecord, used: string): Promise<string> {
  const now = auth.now();
  const token = newRefreshToken();
  await revokeRefreshToken(tx, used, now);
  await insertRefreshToken(tx, { token, parent: used, userId: session.user_id, sessionId: session.id, now });
  return token;
}
