import { type CryptoKey, importJWK, type JWK } from 'jose';

export interface SigningKey {
  readonly kid: string;
  readonly key: CryptoKey;
}

/**
 * Reads a private ES256 JWK with a `kid`, as `supabase gen signing-key` writes it. Rejects anything else, without repeating any
 * of it.
 */
export async function parseSigningKey(written: string): Promise<SigningKey> {
  try {
    // Also says that the key verifies, and with that WebCrypto takes no private key; nor need it be read out again.
    const { key_ops: _, ext: __, ...jwk }: JWK = JSON.parse(written);
    const key = await importJWK(jwk, 'ES256');
    if (jwk.kid && 'type' in key && key.type === 'private') return { kid: jwk.kid, key };
  } catch {
    // The cause could repeat a part of the key.
  }
  throw new Error('RUNNER_SIGNING_KEY is no private ES256 JWK with a kid');
}
