import { ApiError } from '../_shared/api-error.ts';
import { parseSigningKey, type SigningKey } from './parse-signing-key.ts';

let loaded: SigningKey | undefined;

/**
 * The key that signs runners' tokens: the secret RUNNER_SIGNING_KEY, which the project trusts. Throws
 * `signing_key_unavailable` where it is missing or no such key; which of the two, the log says.
 */
export async function loadSigningKey(): Promise<SigningKey> {
  loaded ??= await parseSigningKey(Deno.env.get('RUNNER_SIGNING_KEY') ?? '').catch((error: Error) => {
    console.error(JSON.stringify({ level: 'error', error: error.message }));
    throw new ApiError('signing_key_unavailable');
  });
  return loaded;
}
