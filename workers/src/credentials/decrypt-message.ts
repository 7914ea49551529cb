import { decrypt, readMessage } from 'openpgp';
import { CredentialError } from './credential-error.ts';
import type { PrivateKeys } from './private-keys.ts';

/** What a credential's ciphertext says. Rejects with a CredentialError, which tells nothing of it. */
export async function decryptMessage(
  keys: PrivateKeys,
  { fingerprint, ciphertext }: { fingerprint: string; ciphertext: Uint8Array },
): Promise<Uint8Array> {
  const decryptionKeys = await keys.find(fingerprint);
  try {
    const message = await readMessage({ binaryMessage: ciphertext });
    const { data } = await decrypt({ message, decryptionKeys, format: 'binary' });
    return data;
  } catch {
    throw new CredentialError('undecryptable', `the ciphertext does not open with the private key ${fingerprint}`);
  }
}
