import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startTestDatabase, type TestDatabase } from '@tradebase/local-stack/testing';
import { enums, generateKey, readKey, revokeKey } from 'openpgp';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { privateKeyPath } from '../../workers/src/credentials/private-keys.ts';
import { checkPublicKey } from '../keys/check-public-key.ts';

/** `npm run keys`, on a database of its own. */
let database: TestDatabase;
let client: pg.Client;
let dir: string;

beforeAll(async () => {
  database = await startTestDatabase();
  client = new pg.Client({ connectionString: database.urlFor('postgres') });
  await client.connect();
});

afterAll(async () => {
  await client?.end();
  await database?.drop();
});

beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'tradebase-keys-')), 'keys');
});

afterEach(async () => {
  rmSync(join(dir, '..'), { recursive: true, force: true });
  await client.query('delete from private.encryption_keys');
});

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function keys(args: string[], env: Record<string, string> = {}): Promise<Run> {
  const script = join(import.meta.dirname, '..', 'keys.ts');
  const environment = {
    ...process.env,
    TRADEBASE_DATABASE_URL: database.urlFor('postgres'),
    TRADEBASE_CREDENTIAL_KEY_DIR: dir,
    ...env,
  };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, ...args], { env: environment });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

async function storedKeys() {
  const { rows } = await client.query('select fingerprint, status from private.encryption_keys order by created_at');
  return rows;
}

const SMALL = ['--bits', '3072'];

async function makeKey(options: object): Promise<string> {
  const { publicKey } = await generateKey({
    type: 'rsa',
    rsaBits: 3072,
    userIDs: [{ name: 'test' }],
    format: 'armored',
    ...options,
  });
  return publicKey;
}

describe('npm run keys', () => {
  it('generates a key once: the private key for its user alone, the public one active in the database', async () => {
    const { code, out, err } = await keys(['generate', ...SMALL]);
    expect([code, err]).toEqual([0, '']);
    const [{ fingerprint, status }] = await storedKeys();
    expect(status).toBe('active');
    expect(out).toContain(fingerprint);
    expect(out).not.toContain('PRIVATE KEY BLOCK');
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(statSync(privateKeyPath(dir, fingerprint)).mode & 0o777).toBe(0o600);
    const { rows } = await client.query('select public_key from private.encryption_keys');
    expect((await readKey({ armoredKey: rows[0].public_key })).isPrivate()).toBe(false);

    const again = await keys(['generate', ...SMALL]);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('use "rotate"') });
    // The key that was made for nothing is gone.
    expect(readdirSync(dir)).toEqual([`${fingerprint}.asc`]);
    const active = await keys(['destroy', fingerprint]);
    expect(active).toMatchObject({ code: 1, err: expect.stringContaining('rotate first') });
    expect(await storedKeys()).toHaveLength(1);
  });

  it('locks private keys with the passphrase of the environment', async () => {
    const { code } = await keys(['generate', ...SMALL], { TRADEBASE_CREDENTIAL_KEY_PASSPHRASE: 'correct horse' });
    expect(code).toBe(0);
    const [{ fingerprint }] = await storedKeys();
    const key = await readKey({ armoredKey: readFileSync(privateKeyPath(dir, fingerprint), 'utf8') });
    expect(key.isPrivate() && key.isDecrypted()).toBe(false);
  });

  it('prepares a key for workers to have before it is used', async () => {
    const { code, out } = await keys(['prepare', ...SMALL]);
    expect(code).toBe(0);
    expect(await storedKeys()).toEqual([]);
    const file = join(dir, 'public.asc');
    writeFileSync(file, out);
    expect(await keys(['generate', '--public-key', file])).toMatchObject({ code: 0 });
    const [{ fingerprint }] = await storedKeys();
    expect(readdirSync(dir)).toContain(`${fingerprint}.asc`);
    // One key is not used twice.
    const again = await keys(['rotate', '--public-key', file]);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('in use here before') });
    const status = JSON.parse((await keys(['status', '--json'])).out);
    expect(status).toEqual({
      keys: [{ fingerprint, status: 'active', credentials: 0, created_at: expect.any(String), private_key_here: true }],
      to_reencrypt: 0,
      job: null,
    });
  });

  it('has nothing to rotate, show or destroy without a key', async () => {
    expect(await keys(['rotate', ...SMALL])).toMatchObject({ code: 1, err: expect.stringContaining('use "generate"') });
    expect(readdirSync(dir)).toEqual([]);
    expect((await keys(['status'])).out).toContain('npm run keys -- generate');
    expect(await keys(['destroy', 'A'.repeat(40)])).toMatchObject({ code: 1, err: expect.stringContaining('no key') });
  });

  it('says how it is used', async () => {
    expect((await keys(['--help'])).out).toContain('npm run keys');
    const wrong = [[], ['nonsense'], ['destroy'], ['destroy', 'x'], ['generate', '--bits', '1024'], ['--what']];
    for (const run of await Promise.all(wrong.map((args) => keys(args)))) {
      expect(run).toMatchObject({ code: 2, err: expect.stringContaining('Usage') });
    }
    const nobody = { TRADEBASE_DATABASE_URL: 'postgresql://postgres:x@127.0.0.1:1/postgres' };
    expect(await keys(['status'], nobody)).toMatchObject({ code: 1, err: expect.stringContaining('is the stack up?') });
  });
});

describe('A public key is refused', () => {
  it.each([
    ['that is no key', async () => 'ssh-rsa AAAA', 'no armored OpenPGP key'],
    ['that is cut off', async () => (await makeKey({})).slice(0, 900), 'no armored OpenPGP key'],
    ['that is damaged', makeDamagedKey, 'cannot be encrypted to'],
    ['of an elliptic curve', () => makeKey({ type: 'curve25519', rsaBits: undefined }), 'RSA'],
    ['of another elliptic curve', () => makeKey({ type: 'ecc', curve: 'nistP256', rsaBits: undefined }), 'RSA'],
    ['of 2,048 bits', () => makeKey({ rsaBits: 2048 }), '3072'],
    ['that expires', () => makeKey({ keyExpirationTime: 3600 }), 'expiry'],
    ['that has expired', () => makeKey({ keyExpirationTime: 60, date: new Date(Date.now() - 3_600_000) }), 'expired'],
    ['that only signs', () => makeKey({ subkeys: [{ sign: true }] }), 'cannot be encrypted to'],
    ['that is revoked', makeRevokedKey, 'revoked'],
    ['that is the private one', makePrivateKey, 'private key'],
  ])('%s', async (_what, make, reason) => {
    await expect(make().then(checkPublicKey)).rejects.toThrow(reason);
  });

  it('by the command, which leaves everything as it is', async () => {
    const file = join(dir, '..', 'public.asc');
    writeFileSync(file, await makeKey({ type: 'curve25519', rsaBits: undefined }));
    expect(await keys(['generate', '--public-key', file])).toMatchObject({
      code: 1,
      err: expect.stringContaining('make an RSA key'),
    });
    expect(await storedKeys()).toEqual([]);
  });

  it('by the database too, whoever asks it', async () => {
    const activate = (fingerprint: string, keyId: string, armored: string) =>
      client.query('select private.activate_encryption_key($1, $2, $3, false)', [fingerprint, keyId, armored]);
    const elliptic = await readKey({ armoredKey: await makeKey({ type: 'curve25519', rsaBits: undefined }) });
    const part = await elliptic.getEncryptionKey();
    const fingerprint = elliptic.getFingerprint().toUpperCase();
    await expect(activate(fingerprint, part.getKeyID().toHex(), elliptic.armor())).rejects.toThrow(
      /Postgres cannot encrypt to this key/,
    );
    await expect(activate(fingerprint, '0', 'rubbish')).rejects.toThrow(/Postgres cannot encrypt to this key/);
    const { armored, fingerprint: good } = await checkPublicKey(await makeKey({}));
    await expect(activate(good, 'ABCDABCDABCDABCD', armored)).rejects.toThrow(/another part of the key/);
    expect(await storedKeys()).toEqual([]);
  });
});

async function makeDamagedKey(): Promise<string> {
  const lines = (await makeKey({})).split('\n');
  const [modulus = ''] = lines.splice(6, 1);
  lines.splice(6, 0, modulus.replaceAll(/\w/g, 'A'));
  return lines.join('\n');
}

async function makeRevokedKey(): Promise<string> {
  const { privateKey } = await generateKey({
    type: 'rsa',
    rsaBits: 3072,
    userIDs: [{ name: 'test' }],
    format: 'object',
  });
  const { publicKey } = await revokeKey({
    key: privateKey,
    reasonForRevocation: { flag: enums.reasonForRevocation.keyCompromised },
    format: 'armored',
  });
  return publicKey;
}

async function makePrivateKey(): Promise<string> {
  const { privateKey } = await generateKey({ type: 'rsa', rsaBits: 3072, userIDs: [{ name: 'test' }] });
  return privateKey;
}
