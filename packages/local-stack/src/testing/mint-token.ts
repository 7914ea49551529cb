import { importJWK, type JWTPayload, SignJWT } from 'jose';
import type { StackKeys } from '../config/stack-keys.ts';

/** Signs a user token with the stack's own key, as Auth does: for callers whom Auth gives no token. Good for an hour. */
export async function mintToken({ signingKey }: StackKeys, claims: JWTPayload): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ aud: 'authenticated', role: 'authenticated', iat: now, exp: now + 3600, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: signingKey.kid, typ: 'JWT' })
    .sign(await importJWK(signingKey, 'ES256'));
}
