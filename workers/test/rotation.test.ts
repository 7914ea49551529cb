import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { asPostgres } from '../../packages/client/test/support/as-role.ts';
import { type EncryptionKey, giveEncryptionKey } from '../../packages/client/test/support/encryption-key.ts';
import { type Persona, signUp } from '../../packages/client/test/support/personas.ts';
import { makeKeyPair } from '../../scripts/keys/make-key-pair.ts';
import { openCredential } from '../src/credentials/open-credential.ts';
import { PrivateKeys } from '../src/credentials/private-keys.ts';
import { madeUpKey, storeManyCredentials } from './support/many-credentials.ts';
import { startTestWorker, type TestWorker, workerUrl } from './support/worker-process.ts';

/** A change of the encryption key while credentials are in use, as an operator does it. */
const CREDENTIALS = 1000;
const OPENERS = 3;
/** Between two openings, so that the openers leave the worker something of the machine. */
const PACE_MS = 5;

let stack: TestStack;
let key: EncryptionKey;
let owner: Persona;
let database: pg.Pool;
let worker: TestWorker;
let ids: string[];

beforeAll(async () => {
  stack = await startStack();
  key = await giveEncryptionKey(stack);
  owner = await signUp(stack, 'owner');
  database = new pg.Pool({ connectionString: workerUrl(stack) });
  ids = await asPostgres(stack, (client) => storeManyCredentials(client, owner.id, CREDENTIALS));
});

afterAll(async () => {
  await worker?.end();
  await database?.end();
  key?.discard();
  await stack?.stop();
});

/** `npm run keys -- ...`; its result. */
async function npmRunKeys(...args: string[]) {
  const script = join(import.meta.dirname, '..', '..', 'scripts', 'keys.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args, '--json'], {
    env: { ...process.env, TRADEBASE_DATABASE_URL: stack.databaseUrl(), TRADEBASE_CREDENTIAL_KEY_DIR: key.dir },
  });
  return JSON.parse(stdout);
}

/** How many credentials are on a key, and what has become of it. */
async function keyState(fingerprint: string): Promise<{ status: string; credentials: number }> {
  return asPostgres(stack, async (client) => {
    const { rows } = await client.query(
      `select k.status, count(c.id)::int as credentials
       from private.encryption_keys k left join public.exchange_credentials c on c.encryption_key_id = k.id
       where k.fingerprint = $1 group by k.id`,
      [fingerprint],
    );
    return rows[0];
  });
}

/** Opens one credential after the other until told to stop; what went wrong, and how often it went well. */
function startOpener(keys: PrivateKeys, ids: readonly string[]) {
  let stopping = false;
  const failures: unknown[] = [];
  let opened = 0;
  const run = async () => {
    // One failure is one too many.
    while (!stopping && failures.length === 0) {
      const id = ids[Math.floor(Math.random() * ids.length)] as string;
      try {
        const credential = await openCredential(database, keys, { credentialId: id, purpose: 'balance' });
        if (credential.key.reveal() !== madeUpKey(id)) failures.push(`${id} opened with another's key`);
        opened += 1;
      } catch (error) {
        failures.push(error);
      }
      await delay(PACE_MS);
    }
  };
  const done = run();
  return {
    opened: () => opened,
    stop: async () => {
      stopping = true;
      await done;
      return failures;
    },
  };
}

/** Keeps a credential from everybody else until it is released. */
async function hold(id: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: stack.databaseUrl() });
  await client.connect();
  await client.query('begin');
  await client.query('select from public.exchange_credentials where id = $1 for update', [id]);
  return () => client.end();
}

describe('A rotation', () => {
  it('leaves every one of 1,000 credentials open at every moment, though its worker is killed in the middle', async () => {
    const keys = new PrivateKeys({ dir: key.dir });
    const [held = ''] = ids.toSorted().slice(CREDENTIALS / 2);
    const others = ids.filter((id) => id !== held);
    const openers = Array.from({ length: OPENERS }, () => startOpener(keys, others));
    onTestFinished(() => Promise.all(openers.map((opener) => opener.stop())).then(() => {}));
    worker = await startTestWorker(stack, { TRADEBASE_CREDENTIAL_KEY_DIR: key.dir });

    // For this one the worker waits until it is killed: in the middle, however fast or slow this machine is.
    const release = await hold(held);
    const { fingerprint } = await npmRunKeys('rotate', '--bits', '3072');
    await expect
      .poll(async () => (await keyState(key.fingerprint)).credentials, { interval: 20 })
      .toBeLessThan(CREDENTIALS * 0.8);
    await expect.poll(() => openers.reduce((sum, { opened }) => sum + opened(), 0)).toBeGreaterThan(CREDENTIALS / 4);
    await worker.end('SIGKILL');
    await release();
    const { credentials: leftAfterKill } = await keyState(key.fingerprint);
    expect(leftAfterKill).toBeGreaterThan(0);
    expect(await npmRunKeys('status')).toMatchObject({ to_reencrypt: leftAfterKill, job: 'active' });
    // A key that is still needed stays.
    await expect(npmRunKeys('destroy', key.fingerprint)).rejects.toMatchObject({
      stdout: expect.stringContaining(`still needed by ${leftAfterKill} credentials`),
    });

    // As if the ten seconds had passed in which a worker may keep silent.
    await asPostgres(stack, (client) =>
      client.query(`update pgboss.job set heartbeat_on = now() - interval '1 minute' where name = 'reencrypt'`),
    );
    worker = await startTestWorker(stack, { TRADEBASE_CREDENTIAL_KEY_DIR: key.dir });
    await expect
      .poll(() => keyState(key.fingerprint), { timeout: 200_000, interval: 50 })
      .toEqual({ status: 'retired', credentials: 0 });
    expect(await keyState(fingerprint)).toEqual({ status: 'active', credentials: CREDENTIALS });

    const failures = await Promise.all(openers.map((opener) => opener.stop()));
    expect(failures.flat()).toEqual([]);
  }, 300_000);

  it('leaves in the log that each credential was opened for it', async () => {
    const { rows } = await asPostgres(stack, (client) =>
      client.query(
        `select count(distinct credential_id)::int as credentials, min(opened_by) as opened_by, count(distinct job_id)::int as jobs
         from public.credential_access_log where purpose = 'reencrypt'`,
      ),
    );
    expect(rows).toEqual([{ credentials: CREDENTIALS, opened_by: expect.stringMatching(/^worker .+\/\d+$/), jobs: 1 }]);
  });

  it('ends with the old key destroyed, and everything still opens', async () => {
    expect(await npmRunKeys('destroy', key.fingerprint)).toEqual({
      fingerprint: key.fingerprint,
      status: 'destroyed',
      private_key_deleted: true,
    });
    const keys = new PrivateKeys({ dir: key.dir });
    await expect(keys.find(key.fingerprint)).rejects.toMatchObject({ code: 'key_missing' });
    for (const id of ids) {
      const credential = await openCredential(database, keys, { credentialId: id, purpose: 'balance' });
      expect(credential.secret.reveal()).toBe(`secret of ${id}`);
    }
    // Again, as after a crash in between: nothing more to do.
    expect(await npmRunKeys('destroy', key.fingerprint)).toMatchObject({ private_key_deleted: false });
  });

  it('skips a credential that is damaged, moves the others, and keeps the old key', async () => {
    const [damaged, good] = ids;
    await asPostgres(stack, async (client) => {
      await client.query(`update public.exchange_credentials set ciphertext = '\\x00' where id = $1`, [damaged]);
      await client.query('delete from public.exchange_credentials where id <> all ($1)', [[damaged, good]]);
    });
    const { keys: before } = await npmRunKeys('status');
    const oldKey: string = before[0].fingerprint;
    await npmRunKeys('rotate', '--bits', '3072');
    await worker.logged(/still needed/);
    expect(await keyState(oldKey)).toEqual({ status: 'retiring', credentials: 1 });
    await openCredential(database, new PrivateKeys({ dir: key.dir }), {
      credentialId: String(good),
      purpose: 'balance',
    });
    // Its owner deletes it: then the job ends well at its next try.
    await asPostgres(stack, (client) =>
      client.query('delete from public.exchange_credentials where id = $1', [damaged]),
    );
    await expect.poll(async () => (await keyState(oldKey)).status).toBe('retired');
  });

  it('goes only to a key that the worker has itself, whatever the database says', async () => {
    await worker.end();
    worker = await startTestWorker(stack);
    const { keys: before } = await npmRunKeys('status');
    await npmRunKeys('rotate', '--bits', '3072');
    await worker.logged(/does not have the private key/);
    expect((await keyState(before[0].fingerprint)).credentials).toBe(1);

    // Somebody who can write to the database puts a key of theirs in its place.
    const theirs = await makeKeyPair(3072, undefined);
    await asPostgres(stack, (client) =>
      client.query(`update private.encryption_keys set public_key = $1 where status = 'active'`, [theirs.armored]),
    );
    await worker.end();
    worker = await startTestWorker(stack, { TRADEBASE_CREDENTIAL_KEY_DIR: key.dir });
    await expect.poll(async () => (await keyState(before[0].fingerprint)).credentials).toBe(0);
    const [id = ''] = ids.slice(1);
    const opening = { credentialId: id, purpose: 'balance' } as const;
    const credential = await openCredential(database, new PrivateKeys({ dir: key.dir }), opening);
    expect(credential.key.reveal()).toBe(madeUpKey(id));
  });
});
