import { type CryptoKey, importJWK, type JWK } from 'jose';
import { ApiError } from '../_shared/api-error.ts';

export interface SigningKey {
  readonly kid: string;
  readonly key: CryptoKey;
}

let loaded: SigningKey | undefined;

/**
 * The key that signs runners' tokens: the secret RUNNER_SIGNING_KEY, a private ES256 JWK with a `kid` that the project
 * trusts. Throws `signing_key_unavailable` where it is missing or is none; what it is then, is not said.
 */
export async function loadSigningKey(): Promise<SigningKey> {
  loaded ??= await readSigningKey(Deno.env.get('RUNNER_SIGNING_KEY'));
  return loaded;
}

async function readSigningKey(written: string | undefined): Promise<SigningKey> {
  if (!written) throw new ApiError('signing_key_unavailable');
  try {
    const jwk = JSON.parse(written) as JWK;
    const key = await importJWK(jwk, 'ES256');
    if (!jwk.kid || !('type' in key) || key.type !== 'private') throw new Error('it is no private key with a kid');
    return { kid: jwk.kid, key };
  } catch {
    // The cause could repeat a part of the key.
    console.error(JSON.stringify({ level: 'error', error: 'RUNNER_SIGNING_KEY is no private ES256 JWK with a kid' }));
    throw new ApiError('signing_key_unavailable');
  }
}
