import { readFileSync } from 'node:fs';
import pg from 'pg';
import { PrivateKeys } from '../../workers/src/credentials/private-keys.ts';
import { withDatabase } from '../command-line/with-database.ts';
import { activateKey } from './activate-key.ts';
import { checkPublicKey } from './check-public-key.ts';
import { KeyError } from './key-error.ts';
import { deletePrivateKey, savePrivateKey } from './key-folder.ts';
import { formatKeysStatus, readKeysStatus } from './key-status.ts';
import type { KeysCommand } from './keys-command.ts';
import { makeKeyPair, type RsaBits } from './make-key-pair.ts';

const APPLICATION = 'tradebase-keys';

/** What a command has to say: to programs, and to people. */
export interface KeysResult {
  readonly result: object;
  readonly text: string;
}

/** Carries a command out. Rejects with a KeyError, or what the database said. */
export async function runKeysCommand(command: KeysCommand): Promise<KeysResult> {
  switch (command.action) {
    case 'prepare':
      return prepare(command);
    case 'generate':
      return withDatabase(command.databaseUrl, APPLICATION, (client) => activate(client, command, false));
    case 'rotate':
      return withDatabase(command.databaseUrl, APPLICATION, (client) => activate(client, command, true));
    case 'status':
      return withDatabase(command.databaseUrl, APPLICATION, async (client) => {
        const status = await readKeysStatus(client, command.keyDir);
        return { result: status, text: formatKeysStatus(status) };
      });
    case 'reencrypt':
      return withDatabase(command.databaseUrl, APPLICATION, async (client) => {
        await client.query(`select private.enqueue_job('reencrypt', gen_random_uuid(), '{"version": 1}', null)`);
        return { result: { enqueued: true }, text: 'The job is in the queue: npm run keys -- status' };
      });
    case 'destroy':
      return withDatabase(command.databaseUrl, APPLICATION, (client) => destroy(client, command));
  }
}

/** The first key of a database, or the next. */
async function activate(client: pg.Client, command: KeysCommand, replace: boolean): Promise<KeysResult> {
  const fingerprint =
    command.publicKeyFile === undefined
      ? await activateNewKey(client, { ...command, dir: needKeyDir(command), replace })
      : await activateGivenKey(client, command.publicKeyFile, replace);
  const next = replace
    ? 'A worker encrypts the credentials anew: npm run keys -- status'
    : `Back its private key up: without it no credential can be opened.`;
  return { result: { fingerprint, status: 'active' }, text: `${fingerprint} is active.\n${next}` };
}

/** Makes a key pair, keeps the private key in the folder, and has the database use the public one. */
export async function activateNewKey(
  client: pg.Client,
  { dir, bits, passphrase, replace }: { dir: string; bits: RsaBits; passphrase: string | undefined; replace: boolean },
): Promise<string> {
  const pair = await makeKeyPair(bits, passphrase);
  savePrivateKey(dir, pair);
  try {
    await activateKey(client, pair, { replace, privateKeys: new PrivateKeys({ dir, passphrase }) });
  } catch (error) {
    // Refused by the database: nothing is encrypted to it. After a lost connection it may be active all the same.
    if (error instanceof pg.DatabaseError || error instanceof KeyError) deletePrivateKey(dir, pair.fingerprint);
    throw error;
  }
  return pair.fingerprint;
}

async function activateGivenKey(client: pg.Client, file: string, replace: boolean): Promise<string> {
  const key = await checkPublicKey(readFileSync(file, 'utf8'));
  await activateKey(client, key, { replace });
  return key.fingerprint;
}

async function prepare(command: KeysCommand): Promise<KeysResult> {
  const pair = await makeKeyPair(command.bits, command.passphrase);
  const path = savePrivateKey(needKeyDir(command), pair);
  const { fingerprint, armored } = pair;
  return { result: { fingerprint, public_key: armored, private_key_file: path }, text: armored };
}

/** Marks the key first: a private key that is left over does no harm, one that is missing would. */
async function destroy(client: pg.Client, command: KeysCommand): Promise<KeysResult> {
  const { fingerprint = '' } = command;
  await client.query('select private.destroy_encryption_key($1)', [fingerprint]);
  const deleted = command.keyDir !== undefined && deletePrivateKey(command.keyDir, fingerprint);
  const text = deleted
    ? `${fingerprint} is destroyed; its private key was deleted here. Delete its copies, and restart workers.`
    : `${fingerprint} is destroyed. Its private key is not in the key folder here: delete it where it is.`;
  return { result: { fingerprint, status: 'destroyed', private_key_deleted: deleted }, text };
}

function needKeyDir({ keyDir }: KeysCommand): string {
  if (keyDir === undefined) throw new KeyError('set TRADEBASE_CREDENTIAL_KEY_DIR to the folder for the private key');
  return keyDir;
}
