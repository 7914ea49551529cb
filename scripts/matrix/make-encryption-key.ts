import type pg from 'pg';
import { makeKeyPair } from '../keys/make-key-pair.ts';

/** The encryption key of the matrix's credentials. */
export const MATRIX_KEY_ID = '00000000-0000-4000-8000-00000000c0de';

/** Gives the database an active encryption key. Nobody has its private half: the matrix stores, and opens nothing. */
export async function makeEncryptionKey(database: pg.Client): Promise<void> {
  const { fingerprint, armored } = await makeKeyPair(3072, undefined);
  await database.query('insert into private.encryption_keys (id, fingerprint, public_key) values ($1, $2, $3)', [
    MATRIX_KEY_ID,
    fingerprint,
    armored,
  ]);
}
