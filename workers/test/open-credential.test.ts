import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from '../../packages/client/test/support/as-role.ts';
import { type EncryptionKey, giveEncryptionKey } from '../../packages/client/test/support/encryption-key.ts';
import { type Persona, signUp } from '../../packages/client/test/support/personas.ts';
import { savePrivateKey } from '../../scripts/keys/key-folder.ts';
import { makeKeyPair } from '../../scripts/keys/make-key-pair.ts';
import { openCredential } from '../src/credentials/open-credential.ts';
import { PrivateKeys, privateKeyPath } from '../src/credentials/private-keys.ts';
import { workerUrl } from './support/worker-process.ts';

/** Who can open a credential, as the role of the workers. */
let stack: TestStack;
let key: EncryptionKey;
let owner: Persona;
let database: pg.Pool;
let keys: PrivateKeys;

const KRAKEN = {
  exchange: 'kraken',
  key: 'the key of the account',
  secret: 'dGhlIHNlY3JldA==',
  passphrase: 'Schlüssel 🔑',
};

beforeAll(async () => {
  stack = await startStack();
  key = await giveEncryptionKey(stack);
  owner = await signUp(stack, 'owner');
  database = new pg.Pool({ connectionString: workerUrl(stack) });
  keys = new PrivateKeys({ dir: key.dir });
});

afterAll(async () => {
  await database?.end();
  key?.discard();
  await stack?.stop();
});

async function store(change: object = {}): Promise<string> {
  const request = { ...KRAKEN, name: crypto.randomUUID(), ...change };
  const { data, error } = await owner.client.rpc('create_credential', request as never);
  if (error) throw error;
  return data;
}

async function openings(id: string) {
  const { data } = await owner.client.from('credential_access_log').select().eq('credential_id', id).order('id');
  return data ?? [];
}

const open = (id: string, withKeys = keys) => openCredential(database, withKeys, { credentialId: id, purpose: 'test' });

describe('A credential', () => {
  it('is opened by whoever has the private key, and the log says by whom, when, what for and for which order', async () => {
    const id = await store({ name: 'main account' });
    const [botId, orderId, jobId] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
    const opening = { credentialId: id, purpose: 'order', botId, orderId, jobId } as const;
    const { key: apiKey, secret, passphrase, ...rest } = await openCredential(database, keys, opening);
    expect([apiKey.reveal(), secret.reveal(), passphrase?.reveal()]).toEqual([
      KRAKEN.key,
      KRAKEN.secret,
      KRAKEN.passphrase,
    ]);
    expect(rest).toEqual({ id, userId: owner.id, exchange: 'kraken', isSandbox: false });
    const [access] = await openings(id);
    expect(access).toMatchObject({
      credential_name: 'main account',
      user_id: owner.id,
      opened_by: expect.stringContaining(`/${process.pid}`),
      purpose: 'order',
      bot_id: botId,
      order_id: orderId,
      job_id: jobId,
    });
    expect(Date.now() - Date.parse(String(access?.opened_at))).toBeLessThan(60_000);
  });

  it('shows itself to nobody by accident', async () => {
    const opened = await open(await store());
    for (const shown of [JSON.stringify(opened), inspect(opened, { depth: 9, showHidden: true }), `${opened.secret}`]) {
      expect(shown).toContain('[secret]');
      for (const text of [KRAKEN.key, KRAKEN.secret, KRAKEN.passphrase]) expect(shown).not.toContain(text);
    }
  });

  it('does not open with the database and not the private key, and the attempt is in the log', async () => {
    const id = await store();
    await expect(open(id, new PrivateKeys({}))).rejects.toMatchObject({ code: 'key_missing' });
    expect(await openings(id)).toHaveLength(1);

    // Not with all that the database has, to whoever owns it.
    await asPostgres(stack, async (client) => {
      const { rows } = await client.query(
        `select c.ciphertext, extensions.dearmor(k.public_key) as public_key
         from public.exchange_credentials c join private.encryption_keys k on k.id = c.encryption_key_id where c.id = $1`,
        [id],
      );
      const { ciphertext, public_key } = rows[0];
      await expect(client.query('select extensions.pgp_pub_decrypt($1, $2)', [ciphertext, public_key])).rejects.toThrow(
        /Cannot decrypt with public key/,
      );
      expect(ciphertext.includes(KRAKEN.key)).toBe(false);
    });
  });

  it('does not open with another private key under its name', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'tradebase-keys-'));
    const stranger = await makeKeyPair(3072, undefined);
    savePrivateKey(dir, { ...stranger, fingerprint: key.fingerprint });
    await expect(open(await store(), new PrivateKeys({ dir }))).rejects.toMatchObject({ code: 'key_missing' });
    rmSync(dir, { recursive: true });
  });

  it('does not open when its ciphertext is that of another credential, or its exchange was changed', async () => {
    const [mine, another] = [await store(), await store()];
    await asPostgres(stack, (client) =>
      client.query(
        `update public.exchange_credentials set ciphertext = (select ciphertext from public.exchange_credentials where id = $2)
         where id = $1`,
        [mine, another],
      ),
    );
    await expect(open(mine)).rejects.toMatchObject({ code: 'undecryptable' });
    await asPostgres(stack, (client) =>
      client.query(`update public.exchange_credentials set exchange = 'binance' where id = $1`, [another]),
    );
    await expect(open(another)).rejects.toMatchObject({ code: 'undecryptable' });
  });

  it('does not open while it is disabled, nor when it is not there', async () => {
    const id = await store();
    await owner.client.rpc('update_credential', { p_credential_id: id, p_enabled: false });
    await expect(open(id)).rejects.toMatchObject({ code: 'credential_disabled' });
    expect(await openings(id)).toEqual([]);
    await owner.client.rpc('update_credential', { p_credential_id: id, p_enabled: true });
    await open(id);
    await expect(open(crypto.randomUUID())).rejects.toMatchObject({ code: 'credential_not_found' });
  });

  it('that is damaged does not open, and the error tells nothing of it', async () => {
    const id = await store();
    await asPostgres(stack, (client) =>
      client.query(
        `update public.exchange_credentials set ciphertext = set_byte(ciphertext, octet_length(ciphertext) - 3, 0)
         where id = $1`,
        [id],
      ),
    );
    await expect(open(id)).rejects.toMatchObject({ code: 'undecryptable' });
  });
});

describe('The role of the workers', () => {
  it('reaches ciphertexts and encryption keys through the functions that log, and in no other way', async () => {
    for (const statement of [
      'select ciphertext from public.exchange_credentials',
      'select * from public.exchange_credentials',
      'select * from private.encryption_keys',
      `update public.exchange_credentials set ciphertext = '\\x00'`,
      'delete from public.credential_access_log',
      `select private.destroy_encryption_key('x')`,
      `select private.create_credential('{}')`,
    ]) {
      await expect(database.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
  });
});

describe('A private key', () => {
  it('may come in a variable, and may be locked', async () => {
    const id = await store();
    const armored = readFileSync(privateKeyPath(key.dir, key.fingerprint), 'utf8');
    const other = await makeKeyPair(3072, 'a passphrase');
    const several = new PrivateKeys({ armored: `${other.privateKey}\n${armored}`, passphrase: 'a passphrase' });
    expect((await open(id, several)).key.reveal()).toBe(KRAKEN.key);
    expect((await several.find(other.fingerprint)).isDecrypted()).toBe(true);
    const wrong = new PrivateKeys({ armored: other.privateKey, passphrase: 'another' });
    await expect(wrong.find(other.fingerprint)).rejects.toThrow('TRADEBASE_CREDENTIAL_KEY_PASSPHRASE');
  });

  it('that others may read is not used', async () => {
    const path = privateKeyPath(key.dir, key.fingerprint);
    chmodSync(path, 0o640);
    await expect(open(await store(), new PrivateKeys({ dir: key.dir }))).rejects.toThrow('chmod 600');
    chmodSync(path, 0o600);
  });

  it('that is damaged is refused without being shown', async () => {
    const armored = '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nrubbish\n-----END PGP PRIVATE KEY BLOCK-----';
    await expect(new PrivateKeys({ armored }).find(key.fingerprint)).rejects.toThrow('damaged');
  });
});
