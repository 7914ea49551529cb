import { type Key, readKey } from 'openpgp';
import { KeyError } from './key-error.ts';

/** Bits that an RSA key must have at least: NIST SP 800-57 gives that until 2030 and after. */
export const MIN_RSA_BITS = 3072;

/** A public key that credentials may be encrypted to. */
export interface CheckedKey {
  /** Of the whole key: 40 hexadecimal digits. */
  readonly fingerprint: string;
  /** Id of the part that encrypts: 16 hexadecimal digits. */
  readonly encryptionKeyId: string;
  readonly armored: string;
}

/**
 * Reads an armored public key. Throws a KeyError for what is damaged, private, no RSA, too weak, expired or unable to
 * encrypt. Whether Postgres can use it is for Postgres to say.
 */
export async function checkPublicKey(text: string): Promise<CheckedKey> {
  const key = await parse(text);
  if (key.isPrivate()) throw new KeyError('this is a private key: only the public one belongs into the database');
  const fingerprint = key.getFingerprint().toUpperCase();
  if (fingerprint.length !== 40) throw new KeyError('the key is of OpenPGP version 6, and Postgres knows version 4');
  const part = await key.getEncryptionKey().catch((error: unknown) => {
    throw new KeyError(
      `the key cannot be encrypted to, is expired or revoked: ${error instanceof Error ? error.message : error}`,
    );
  });
  for (const { algorithm, bits } of [key.getAlgorithmInfo(), part.getAlgorithmInfo()]) {
    if (!algorithm.startsWith('rsa')) {
      throw new KeyError(`the key is ${algorithm}, and Postgres can encrypt to RSA keys only: make an RSA key`);
    }
    if (bits === undefined || bits < MIN_RSA_BITS) {
      throw new KeyError(`the key is too weak: RSA with ${bits} bits, and ${MIN_RSA_BITS} are the least`);
    }
  }
  if ((await key.getExpirationTime()) !== Infinity) {
    throw new KeyError('the key has a date of expiry, after which no credential could be stored: make one without');
  }
  return { fingerprint, encryptionKeyId: part.getKeyID().toHex().toUpperCase(), armored: key.armor() };
}

async function parse(armoredKey: string): Promise<Key> {
  try {
    return await readKey({ armoredKey });
  } catch (error) {
    throw new KeyError(`this is no armored OpenPGP key: ${error instanceof Error ? error.message : error}`);
  }
}
