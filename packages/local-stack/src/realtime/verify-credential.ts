import { createHash, timingSafeEqual } from 'node:crypto';
import { errors } from 'jose';
import type { TokenClaims } from '../config/verify-token.ts';
import type { StackContext } from '../stack-context.ts';

/** Why a key or token is not accepted, in hosted Realtime's words; never holds the token. */
export class CredentialRefused extends Error {
  readonly code: 'InvalidJWTToken' | 'JwtSignatureError' | 'MalformedJWT';

  constructor(code: CredentialRefused['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Opaque keys have no expiry; claims need one. The same for all, so that policies answer all of them at once. */
const KEY_EXPIRY_S = Math.floor(Date.now() / 1000) + 10 * 365 * 86_400;

/** Claims of a token, or of the role an opaque API key stands for. Throws CredentialRefused for anything else. */
export async function verifyCredential(context: StackContext, credential: string): Promise<TokenClaims> {
  const { publishableKey, secretKey } = context.keys;
  if (sameSecret(credential, publishableKey)) return keyClaims('anon');
  if (sameSecret(credential, secretKey)) return keyClaims('service_role');
  try {
    return await context.verifyToken(credential);
  } catch (error) {
    throw explain(error);
  }
}

function keyClaims(role: 'anon' | 'service_role'): TokenClaims {
  return { role, iss: 'supabase', exp: KEY_EXPIRY_S };
}

function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function explain(error: unknown): CredentialRefused {
  if (error instanceof errors.JWTExpired) return new CredentialRefused('InvalidJWTToken', 'Token has expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new CredentialRefused('InvalidJWTToken', 'Fields `role` and `exp` are required in JWT');
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return new CredentialRefused('JwtSignatureError', 'Failed to validate JWT signature');
  }
  return new CredentialRefused('MalformedJWT', 'The token provided is not a valid JWT');
}
