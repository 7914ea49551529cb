import { generateKey } from 'openpgp';
import { type CheckedKey, checkPublicKey } from './check-public-key.ts';

export const RSA_BITS = [3072, 4096] as const;
export type RsaBits = (typeof RSA_BITS)[number];

export interface KeyPair extends CheckedKey {
  /** Armored, and locked with the passphrase where there is one. */
  readonly privateKey: string;
}

/** Makes an RSA key that never expires: it is rotated instead. */
export async function makeKeyPair(bits: RsaBits, passphrase: string | undefined): Promise<KeyPair> {
  const { privateKey, publicKey } = await generateKey({
    type: 'rsa',
    rsaBits: bits,
    userIDs: [{ name: 'Tradebase exchange credentials' }],
    ...(passphrase === undefined ? {} : { passphrase }),
    format: 'armored',
  });
  return { ...(await checkPublicKey(publicKey)), privateKey };
}
