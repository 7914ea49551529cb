import type { AuthServices, Database } from '../auth-services.ts';
import { AuthError } from '../requests/auth-error.ts';
import { isJsonObject, type JsonObject } from '../requests/request-fields.ts';
import type { UserRecord } from '../users/user-record.ts';
import { type AuthenticationMethod, readSessionAssurance } from './session-store.ts';

export interface AccessToken {
  readonly token: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** Claims a hook must leave in the token, and the types that they must have. */
const REQUIRED_CLAIMS: Record<string, (value: unknown) => boolean> = {
  aud: (value) => typeof value === 'string' || Array.isArray(value),
  exp: Number.isInteger,
  iat: Number.isInteger,
  sub: isText,
  email: isText,
  phone: isText,
  role: isText,
  aal: isText,
  session_id: isText,
  is_anonymous: (value) => typeof value === 'boolean',
};

/** Signs an access token for a session, after the hook `custom_access_token` has had its say about the claims. */
export async function issueAccessToken(
  auth: AuthServices,
  tx: Database,
  grant: { user: UserRecord; sessionId: string; method: AuthenticationMethod | 'token_refresh' },
): Promise<AccessToken> {
  const { user, sessionId, method } = grant;
  const issuedAt = Math.floor(auth.now().getTime() / 1000);
  const expiresAt = issuedAt + auth.config.jwtExpirySeconds;
  const claims = {
    iss: auth.issuer,
    sub: user.id,
    aud: user.aud,
    exp: expiresAt,
    iat: issuedAt,
    email: user.email ?? '',
    phone: user.phone ?? '',
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    role: user.role,
    ...(await readSessionAssurance(tx, sessionId)),
    session_id: sessionId,
    is_anonymous: user.is_anonymous,
  };
  const event = { user_id: user.id, claims, authentication_method: method };
  const answer = await auth.hooks.runIn(tx, 'custom_access_token', event);
  return { token: await auth.sign(answer ? checkedClaims(answer) : claims), expiresAt };
}

function checkedClaims({ claims }: JsonObject): JsonObject {
  const wrong = isJsonObject(claims)
    ? Object.keys(REQUIRED_CLAIMS).filter((name) => !REQUIRED_CLAIMS[name]?.(claims[name]))
    : ['claims'];
  if (!isJsonObject(claims) || wrong.length > 0) {
    const message = `The hook custom_access_token returned claims that are missing or of the wrong type: ${wrong.join(', ')}`;
    throw new AuthError(500, 'unexpected_failure', message);
  }
  return claims;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}
