import { CredentialTestedEvent, EXCHANGES } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { asPostgres } from '../../packages/client/test/support/as-role.ts';
import { type EncryptionKey, giveEncryptionKey } from '../../packages/client/test/support/encryption-key.ts';
import { liftLimits } from '../../packages/client/test/support/lift-limits.ts';
import { type Persona, signUp } from '../../packages/client/test/support/personas.ts';
import { type KrakenServer, startKrakenServer } from './support/kraken-server.ts';
import { startTestWorker, type TestWorker } from './support/worker-process.ts';

/** Tests of credentials, by a worker in a process of its own, with ccxt, at a server that judges as Kraken does. */
let stack: TestStack;
let key: EncryptionKey;
let kraken: KrakenServer;
let user: Persona;
let worker: TestWorker;

const SECRET = Buffer.from('the secret of the account').toString('base64');

beforeAll(async () => {
  [stack, kraken] = await Promise.all([startStack(), startKrakenServer()]);
  key = await giveEncryptionKey(stack);
  // One user stores more at a time than is allowed.
  await liftLimits(stack);
  user = await signUp(stack, 'user');
  await startWorker();
});

afterAll(async () => {
  await worker?.end();
  await kraken?.close();
  key?.discard();
  await stack?.stop();
});

async function startWorker(): Promise<void> {
  worker = await startTestWorker(stack, {
    TRADEBASE_CREDENTIAL_KEY_DIR: key.dir,
    TRADEBASE_EXCHANGE_URL_OVERRIDES: JSON.stringify({ kraken: kraken.url, okx: kraken.url }),
  });
}

async function store(change: object = {}): Promise<string> {
  const request = {
    exchange: 'kraken',
    name: crypto.randomUUID(),
    key: crypto.randomUUID(),
    secret: SECRET,
    ...change,
  };
  const { data, error } = await user.client.rpc('create_credential', request as never);
  if (error) throw error;
  return data;
}

/** Asks for a test, waits for its end, and returns what the row and the event say of it. */
async function test(id: string): Promise<[string | null, string | null]> {
  const { error } = await user.client.rpc('request_credential_test', { p_credential_id: id });
  if (error) throw error;
  const read = async () => {
    const { data } = await user.client
      .from('exchange_credentials')
      .select('test_status, test_error, last_tested_at')
      .eq('id', id)
      .single();
    return data;
  };
  // Tests run side by side, where expect.poll does not know whose it is.
  const row = await vi.waitFor(
    async () => {
      const current = await read();
      if (current?.test_status === 'pending') throw new Error('still pending');
      return current;
    },
    { timeout: 60_000, interval: 50 },
  );
  expect(row?.last_tested_at).not.toBeNull();
  const { data: events } = await user.client
    .from('events')
    .select('seq, payload')
    .eq('event', 'credential_tested')
    .eq('payload->>id', id)
    .order('seq', { ascending: false });
  const event = CredentialTestedEvent.parse({ ...(events?.[0]?.payload as object), seq: events?.[0]?.seq });
  expect([event.test_status, event.test_error]).toEqual([row?.test_status, row?.test_error]);
  return [row?.test_status ?? null, row?.test_error ?? null];
}

describe('The test of a credential', () => {
  it.concurrent('is well when the exchange takes key and signature', async () => {
    const apiKey = crypto.randomUUID();
    kraken.accounts.set(apiKey, SECRET);
    const id = await store({ key: apiKey });
    expect(await test(id)).toEqual(['ok', null]);
    const { data } = await user.client.from('credential_access_log').select('purpose, job_id').eq('credential_id', id);
    expect(data).toEqual([{ purpose: 'test', job_id: expect.any(String) }]);
  });

  it.concurrent('fails with a key that the exchange does not know, and with a secret that is not the key’s', async () => {
    expect(await test(await store())).toEqual(['failed', 'authentication_failed']);
    const apiKey = crypto.randomUUID();
    kraken.accounts.set(apiKey, Buffer.from('another secret').toString('base64'));
    expect(await test(await store({ key: apiKey }))).toEqual(['failed', 'authentication_failed']);
  });

  it.concurrent('tells apart what an owner can do something about', async () => {
    const answers: [number, string, string][] = [
      [200, '{"error":["EGeneral:Permission denied"]}', 'permission_denied'],
      [200, '{"error":["EAPI:Rate limit exceeded"]}', 'rate_limited'],
      [503, 'down for maintenance', 'exchange_unavailable'],
      [200, '<html>a proxy of the hotel</html>', 'exchange_error'],
    ];
    await Promise.all(
      answers.map(async ([status, body, code]) => {
        const apiKey = crypto.randomUUID();
        kraken.answers.set(apiKey, { status, body });
        expect(await test(await store({ key: apiKey }))).toEqual(['failed', code]);
      }),
    );
    expect(await test(await store({ secret: 'not what Kraken gives out' }))).toEqual(['failed', 'malformed_secret']);
    expect(await test(await store({ sandbox: true }))).toEqual(['failed', 'sandbox_unsupported']);
    expect(await test(await store({ exchange: 'okx' }))).toEqual(['failed', 'credential_incomplete']);
  });

  it.concurrent('gives an exchange that does not answer ten seconds', async () => {
    const apiKey = crypto.randomUUID();
    kraken.answers.set(apiKey, 'silence');
    expect(await test(await store({ key: apiKey }))).toEqual(['failed', 'timeout']);
  });

  it.concurrent('says so when no worker can open the credential', async () => {
    const id = await store();
    await asPostgres(stack, (client) =>
      client.query(`update public.exchange_credentials set ciphertext = '\\x00' where id = $1`, [id]),
    );
    expect(await test(id)).toEqual(['failed', 'credential_unreadable']);
  });

  it('of one user does not wait for the many of another at an exchange that does not answer', async () => {
    const hoarder = await signUp(stack, 'hoarder');
    const ids: string[] = [];
    for (let n = 0; n < 8; n += 1) {
      const apiKey = crypto.randomUUID();
      kraken.answers.set(apiKey, 'silence');
      const request = { exchange: 'kraken', name: `${n}`, key: apiKey, secret: SECRET };
      const { data: id } = await hoarder.client.rpc('create_credential', request as never);
      ids.push(id as unknown as string);
    }
    const apiKey = crypto.randomUUID();
    kraken.accounts.set(apiKey, SECRET);
    const id = await store({ key: apiKey });
    // In one transaction: the slots, woken at its commit, all look at the same instant.
    await asPostgres(stack, (client) =>
      client.query(
        `with asked as (update public.exchange_credentials set test_status = 'pending', test_requested_at = now() where id = any($1))
         select private.enqueue_job('test-credential', id, jsonb_build_object('version', 1, 'credential_id', id), $2)
         from unnest($1::uuid[]) id`,
        [ids, hoarder.id],
      ),
    );
    expect(await test(id)).toEqual(['ok', null]);
    // With all four slots held, the first four of the hoarder’s would have had to end first.
    const { data: ended } = await hoarder.client
      .from('exchange_credentials')
      .select('id')
      .neq('test_status', 'pending');
    expect(ended?.length).toBeLessThan(4);
    // The worker would wait for them when it ends.
    kraken.answers.clear();
    kraken.hangUp();
  });

  it('does not open a credential that is disabled meanwhile, nor mind one that is deleted', async () => {
    await worker.end();
    const [disabled, deleted] = [await store(), await store()];
    for (const id of [disabled, deleted]) await user.client.rpc('request_credential_test', { p_credential_id: id });
    await user.client.rpc('update_credential', { p_credential_id: disabled, p_enabled: false });
    await user.client.from('exchange_credentials').delete().eq('id', deleted);
    worker = await startTestWorker(stack, { TRADEBASE_CREDENTIAL_KEY_DIR: key.dir });
    const read = async () =>
      (await user.client.from('exchange_credentials').select('test_error').eq('id', disabled).single()).data
        ?.test_error;
    await expect.poll(read).toBe('credential_disabled');
    const { data } = await user.client.from('credential_access_log').select('id').eq('credential_id', disabled);
    expect(data).toEqual([]);
    await worker.logged(/no such credential/);
  });

  it('that no worker could bring to an end is given up, and may be asked for again', async () => {
    const id = await store();
    await worker.end();
    await user.client.rpc('request_credential_test', { p_credential_id: id });
    await asPostgres(stack, (client) =>
      client.query(
        // As a worker of an older version would find it.
        `update pgboss.job set data = data || '{"version": 9}', retry_limit = 0
         where name = 'test-credential' and state = 'created'`,
      ),
    );
    worker = await startTestWorker(stack, { TRADEBASE_CREDENTIAL_KEY_DIR: key.dir });
    const read = async () =>
      (await user.client.from('exchange_credentials').select('test_error').eq('id', id).single()).data?.test_error;
    await expect.poll(read).toBe('worker_failed');
    expect((await user.client.rpc('request_credential_test', { p_credential_id: id })).error).toBeNull();
  });
});

describe('The exchanges that a credential can be for', () => {
  it('are those of the ccxt that is installed', async () => {
    const { default: ccxt } = await import('ccxt');
    expect([...EXCHANGES]).toEqual(ccxt.exchanges);
  });
});
