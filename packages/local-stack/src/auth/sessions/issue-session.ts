import { randomUUID } from 'node:crypto';
import type { AuthServices, Database } from '../auth-services.ts';
import type { JsonObject } from '../requests/request-fields.ts';
import type { RequestOrigin } from '../requests/request-origin.ts';
import { touchLastSignIn } from '../users/change-user.ts';
import { presentUser, type UserRecord } from '../users/user-record.ts';
import { type AccessToken, issueAccessToken } from './issue-access-token.ts';
import { insertRefreshToken, newRefreshToken } from './refresh-token-store.ts';
import { type AuthenticationMethod, insertAuthenticationMethod, insertSession } from './session-store.ts';

/** What a client gets for signing in. */
export interface SessionResponse {
  access_token: string;
  token_type: 'bearer';
  /** Seconds. */
  expires_in: number;
  /** Seconds since 1970. */
  expires_at: number;
  refresh_token: string;
  user: JsonObject;
}

/** Opens a session for a user who has just proved who they are. */
export async function issueSession(
  auth: AuthServices,
  tx: Database,
  grant: { user: UserRecord; method: AuthenticationMethod; origin: RequestOrigin },
): Promise<SessionResponse> {
  const now = auth.now();
  const sessionId = randomUUID();
  const token = newRefreshToken();
  const user = { ...grant.user, last_sign_in_at: now, updated_at: now };
  await insertSession(tx, { id: sessionId, userId: user.id, origin: grant.origin, now });
  await insertAuthenticationMethod(tx, sessionId, grant.method, now);
  await insertRefreshToken(tx, { token, parent: '', userId: user.id, sessionId, now });
  await touchLastSignIn(tx, user.id, now);
  const accessToken = await issueAccessToken(auth, tx, { user, sessionId, method: grant.method });
  return presentSession(auth, accessToken, token, user);
}

export function presentSession(
  auth: AuthServices,
  accessToken: AccessToken,
  refreshToken: string,
  user: UserRecord,
): SessionResponse {
  return {
    access_token: accessToken.token,
    token_type: 'bearer',
    expires_in: auth.config.jwtExpirySeconds,
    expires_at: accessToken.expiresAt,
    refresh_token: refreshToken,
    user: presentUser(user),
  };
}
