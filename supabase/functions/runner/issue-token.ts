import type { RunnerToken } from '@tradebase/contracts';
import { SignJWT } from 'jose';
import type { SigningKey } from './parse-signing-key.ts';
import type { SessionGrant } from './session-grant.ts';

const LIFETIME_S = 900;

/**
 * Signs a token of a runner session: of the role of users, with the session as its subject, so that policies for users
 * give a runner nothing. The rest is as in Auth's tokens.
 */
export async function issueToken(signingKey: SigningKey, grant: SessionGrant): Promise<RunnerToken> {
  const { api_key_id, ...session } = grant;
  const { session_id, user_id, permissions, epoch } = session;
  const issuedAt = Math.floor(Date.now() / 1000);
  const expiresAt = issuedAt + LIFETIME_S;
  const token = await new SignJWT({ role: 'authenticated', app_metadata: { user_id, api_key_id, permissions, epoch } })
    .setProtectedHeader({ alg: 'ES256', kid: signingKey.kid, typ: 'JWT' })
    .setIssuer(`${Deno.env.get('SUPABASE_URL')}/auth/v1`)
    .setAudience('authenticated')
    .setSubject(session_id)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(signingKey.key);
  return { ...session, token, expires_at: new Date(expiresAt * 1000).toISOString() };
}
