import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { type ClusterPasswords, newPasswords } from '../postgres/cluster.ts';

/** Everything secret about one stack. A persistent stack keeps it in a file only its user can read. */
export interface StackKeys {
  /** Opaque key for browsers: stands for the role `anon`. */
  readonly publishableKey: string;
  /** Opaque key for servers: stands for the role `service_role`. */
  readonly secretKey: string;
  /** The legacy keys: HS256 tokens that expire in ten years. */
  readonly anonKey: string;
  readonly serviceRoleKey: string;
  /** Private ES256 key that signs access tokens; `kid` names it in the JWKS. */
  readonly signingKey: JWK & { kid: string };
  /** Secret of the legacy keys and of the tokens that the gateway hands to PostgREST. */
  readonly hs256Secret: string;
  readonly passwords: ClusterPasswords;
}

const TEN_YEARS = '10y';

export async function newStackKeys(): Promise<StackKeys> {
  const hs256Secret = randomBytes(48).toString('base64url');
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = randomBytes(12).toString('base64url');
  return {
    publishableKey: `sb_publishable_${randomBytes(24).toString('base64url')}`,
    secretKey: `sb_secret_${randomBytes(24).toString('base64url')}`,
    anonKey: await legacyKey('anon', hs256Secret),
    serviceRoleKey: await legacyKey('service_role', hs256Secret),
    signingKey: { ...(await exportJWK(privateKey)), kid, alg: 'ES256', use: 'sig' },
    hs256Secret,
    passwords: newPasswords(),
  };
}

/** The public half of the signing key, as the JWKS endpoint shows it. */
export function publicSigningKey({ signingKey }: StackKeys): JWK {
  const { d: _private, ...publicKey } = signingKey;
  return { ...publicKey, key_ops: ['verify'] };
}

/** Symmetric secret as a JWK, for PostgREST's key set. Never public. */
export function symmetricKey({ hs256Secret }: StackKeys): JWK {
  return { kty: 'oct', alg: 'HS256', k: Buffer.from(hs256Secret).toString('base64url') };
}

function legacyKey(role: 'anon' | 'service_role', secret: string): Promise<string> {
  return new SignJWT({ role, iss: 'supabase' })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime(TEN_YEARS)
    .sign(Buffer.from(secret));
}
