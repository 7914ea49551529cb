import { createMessage, encrypt, type PublicKey } from 'openpgp';
import type pg from 'pg';
import { z } from 'zod';
import type { Log } from '../log.ts';
import { CredentialError } from './credential-error.ts';
import { decryptMessage } from './decrypt-message.ts';
import type { PrivateKeys } from './private-keys.ts';
import { workerName } from './worker-name.ts';

/** Credentials read, encrypted anew and stored together. */
const BATCH_SIZE = 50;
/** A credential that someone holds while its batch is stored is left for the next pass. */
const MAX_PASSES = 3;
const BEFORE_ALL_IDS = '00000000-0000-0000-0000-000000000000';

const Row = z.object({
  id: z.guid(),
  encryption_key_id: z.guid(),
  fingerprint: z.string(),
  ciphertext: z.instanceof(Uint8Array),
});
type Row = z.infer<typeof Row>;

const ActiveKey = z.object({ id: z.guid(), fingerprint: z.string() });

interface TargetKey {
  readonly id: string;
  readonly fingerprint: string;
  readonly publicKey: PublicKey;
}

export interface Reencryption {
  readonly database: pg.Pool;
  readonly keys: PrivateKeys;
  readonly log: Log;
  readonly jobId: string;
  readonly signal: AbortSignal;
}

/**
 * Encrypts every credential that is on a retiring key to the active one, in the memory of this process: the database sees
 * ciphertext alone. A credential keeps its old ciphertext until the new one replaces it, so that it can be opened at every
 * moment; stopped anywhere, the next run goes on. Retires the keys that no credential needs any more. Returns how many were
 * encrypted anew; rejects while some are left.
 */
export async function reencryptCredentials(run: Reencryption): Promise<number> {
  const target = await findTarget(run);
  let done = 0;
  let left: string[] = [];
  for (let pass = 1; pass <= MAX_PASSES; pass += 1) {
    done += await passOver(run, target);
    left = await retireKeys(run.database);
    if (left.length === 0) return done;
  }
  throw new Error(`not all credentials could be encrypted anew; still needed: ${left.join(', ')}`);
}

/**
 * The active key, from this process's own private keys: the database says which one, and cannot have credentials encrypted
 * to a key that somebody else put there.
 */
async function findTarget({ database, keys }: Reencryption): Promise<TargetKey> {
  const { rows } = await database.query('select * from private.active_encryption_key()');
  if (rows.length === 0) throw new Error('there is no active encryption key');
  const { id, fingerprint } = ActiveKey.parse(rows[0]);
  return { id, fingerprint, publicKey: (await keys.find(fingerprint)).toPublic() };
}

async function passOver(run: Reencryption, target: TargetKey): Promise<number> {
  let after = BEFORE_ALL_IDS;
  let done = 0;
  for (;;) {
    run.signal.throwIfAborted();
    const { rows } = await run.database.query('select * from private.credentials_to_reencrypt($1, $2, $3, $4)', [
      after,
      BATCH_SIZE,
      workerName(),
      run.jobId,
    ]);
    const batch = rows.map((row) => Row.parse(row));
    const last = batch.at(-1);
    if (!last) return done;
    done += await reencryptBatch(run, target, batch);
    after = last.id;
    run.log('info', 'credentials encrypted anew', { done });
  }
}

async function reencryptBatch(run: Reencryption, target: TargetKey, batch: readonly Row[]): Promise<number> {
  const ciphertexts: Buffer[] = [];
  const ready: Row[] = [];
  for (const row of batch) {
    try {
      const data = await decryptMessage(run.keys, row);
      ciphertexts.push(await encryptTo(target, data));
      ready.push(row);
    } catch (error) {
      // One that is damaged must not keep the others from the new key.
      if (!(error instanceof CredentialError)) throw error;
      run.log('error', `credential not encrypted anew: ${error.message}`, { credential_id: row.id, code: error.code });
    }
  }
  const [first] = ciphertexts;
  if (!first) return 0;
  // Seen to open before the old one is given up.
  await decryptMessage(run.keys, { fingerprint: target.fingerprint, ciphertext: first });
  const { rows } = await run.database.query('select private.store_reencrypted_credentials($1, $2, $3, $4) as stored', [
    target.id,
    ready.map(({ id }) => id),
    ready.map(({ encryption_key_id }) => encryption_key_id),
    ciphertexts,
  ]);
  return z.int().parse(rows[0]?.stored);
}

async function encryptTo({ publicKey }: TargetKey, data: Uint8Array): Promise<Buffer> {
  const message = await createMessage({ binary: data });
  return Buffer.from(await encrypt({ message, encryptionKeys: publicKey, format: 'binary' }));
}

async function retireKeys(database: pg.Pool): Promise<string[]> {
  const { rows } = await database.query('select fingerprint from private.retire_encryption_keys()');
  return rows.map(({ fingerprint }) => String(fingerprint));
}
