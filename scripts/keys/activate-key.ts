import { randomUUID } from 'node:crypto';
import { decrypt, readMessage } from 'openpgp';
import type pg from 'pg';
import type { PrivateKeys } from '../../workers/src/credentials/private-keys.ts';
import type { CheckedKey } from './check-public-key.ts';
import { KeyError } from './key-error.ts';

export interface Activation {
  /** Replace the active key, rather than be the first. */
  readonly replace: boolean;
  /** Where the private key lies, to see that it opens what the database encrypts; absent where it lies elsewhere. */
  readonly privateKeys?: PrivateKeys;
}

/**
 * Makes a key the one to which the database encrypts, after a trial. Replacing one also enqueues, in the same transaction,
 * the job that encrypts the credentials anew.
 */
export async function activateKey(client: pg.Client, key: CheckedKey, activation: Activation): Promise<void> {
  await client.query('begin');
  try {
    await tryOut(client, key, activation.privateKeys);
    await client.query('select private.activate_encryption_key($1, $2, $3, $4)', [
      key.fingerprint,
      key.encryptionKeyId,
      key.armored,
      activation.replace,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

async function tryOut(client: pg.Client, key: CheckedKey, privateKeys: PrivateKeys | undefined): Promise<void> {
  const text = randomUUID();
  const { rows } = await client.query('select private.test_encryption($1, $2, $3) as message', [
    key.armored,
    key.encryptionKeyId,
    text,
  ]);
  if (!privateKeys) return;
  const message = await readMessage({ binaryMessage: rows[0].message as Uint8Array });
  const { data } = await decrypt({ message, decryptionKeys: await privateKeys.find(key.fingerprint) });
  if (data !== text) throw new KeyError('the private key does not open what the database encrypts');
}
