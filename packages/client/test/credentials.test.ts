import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { type EncryptionKey, giveEncryptionKey } from './support/encryption-key.ts';
import { type Answer, invoke } from './support/invoke.ts';
import { anonymous, asService, type Persona, signUp } from './support/personas.ts';

/** Exchange credentials: through the api function, and what is left to reach directly. */
let stack: TestStack;
let key: EncryptionKey;
let owner: Persona;
let other: Persona;

const KRAKEN = {
  exchange: 'kraken',
  name: 'My Kraken',
  key: 'abcdKEYKEYKEYKEYKEYwxyz',
  secret: 'bXkgc2VjcmV0',
};
const VISIBLE = [
  'created_at',
  'exchange',
  'has_passphrase',
  'id',
  'is_sandbox',
  'key_hint',
  'last_tested_at',
  'last_used_at',
  'name',
  'status',
  'test_error',
  'test_status',
  'updated_at',
];

beforeAll(async () => {
  stack = await startStack({ functions: true });
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
});

afterAll(async () => {
  key?.discard();
  await stack?.stop();
});

const credentials = (
  { client }: Persona,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path = '',
  body?: object | string,
): Promise<Answer> => invoke(client, method, `api/credentials${path}`, body);

async function create(persona: Persona, change: object = {}): Promise<string> {
  const { status, body } = await credentials(persona, 'POST', '', { ...KRAKEN, name: crypto.randomUUID(), ...change });
  expect([status, body.code]).toEqual([201, undefined]);
  return body.id;
}

async function countCredentials(): Promise<number> {
  const { rows } = await asPostgres(stack, (client) =>
    client.query('select count(*)::int as count from public.exchange_credentials'),
  );
  return rows[0].count;
}

describe('Without an encryption key', () => {
  it('a credential is refused, with what the operator has to do', async () => {
    const { status, body } = await credentials(owner, 'POST', '', KRAKEN);
    expect([status, body.code]).toEqual([503, 'encryption_unavailable']);
    expect(body.message).toContain('npm run keys -- generate');
    expect(await countCredentials()).toBe(0);
    key = await giveEncryptionKey(stack);
  });
});

describe('A credential', () => {
  it('is stored and answered without what is secret', async () => {
    const { status, body } = await credentials(owner, 'POST', '', { ...KRAKEN, passphrase: 'open sesame' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      exchange: 'kraken',
      name: 'My Kraken',
      key_hint: 'abcd...wxyz',
      has_passphrase: true,
      is_sandbox: false,
      status: 'active',
      test_status: null,
    });
    expect(Object.keys(body).sort()).toEqual(VISIBLE);
    const read = await credentials(owner, 'GET', `/${body.id}`);
    expect(read).toEqual({ status: 200, body });
  });

  it('of a short key shows no hint of it', async () => {
    const id = await create(owner, { key: 'short-key' });
    expect((await credentials(owner, 'GET', `/${id}`)).body.key_hint).toBe('****');
  });

  it('is listed to its owner, newest first, and to nobody else', async () => {
    const id = await create(owner);
    const mine = await credentials(owner, 'GET');
    expect(mine.body.items[0]).toMatchObject({ id });
    expect(mine.body.items.length).toBeGreaterThan(1);
    for (const item of mine.body.items) expect(Object.keys(item).sort()).toEqual(VISIBLE);
    expect(await credentials(other, 'GET')).toEqual({ status: 200, body: { items: [] } });
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { name: 'stolen' }],
      ['DELETE', '', undefined],
      ['POST', '/test', {}],
      ['GET', '/accesses', undefined],
    ] as const) {
      const answer = await credentials(other, method, `/${id}${path}`, body);
      expect([method, answer.status, answer.body.code]).toEqual([method, 404, 'credential_not_found']);
    }
    expect((await credentials(owner, 'GET', `/${id}`)).body.name).not.toBe('stolen');
  });

  it('has a ciphertext that nobody can select, neither its owner nor the secret key', async () => {
    for (const client of [owner.client, other.client, asService(stack), anonymous(stack)]) {
      for (const column of ['ciphertext', 'encryption_key_id', '*']) {
        const { data, error } = await client.from('exchange_credentials').select(column);
        expect([column, data, error?.code]).toEqual([column, null, '42501']);
      }
      // Nor by way of a condition on it.
      const guess = await client.from('exchange_credentials').select('id').gte('ciphertext', '\\x00');
      expect(guess.error?.code).toBe('42501');
    }
  });

  it('is written by its functions alone', async () => {
    const id = await create(owner);
    for (const client of [owner.client, asService(stack)]) {
      const inserted = await client.from('exchange_credentials').insert({
        exchange: 'kraken',
        name: 'forged',
        key_hint: 'forg...ed',
        ciphertext: '\\x00',
        encryption_key_id: crypto.randomUUID(),
        has_passphrase: false,
      });
      expect(inserted.error?.code).toBe('42501');
      const changed = await client.from('exchange_credentials').update({ exchange: 'binance' }).eq('id', id);
      expect(changed.error?.code).toBe('42501');
      const { error } = await client.from('credential_access_log').insert({
        credential_name: 'forged',
        user_id: owner.id,
        opened_by: 'me',
        purpose: 'test',
      });
      expect(error?.code).toBe('42501');
    }
  });

  it('is renamed, disabled and enabled', async () => {
    const id = await create(owner);
    const renamed = await credentials(owner, 'PATCH', `/${id}`, { name: ' Zweit-Börse 取引所 🐙 ' });
    expect(renamed).toMatchObject({ status: 200, body: { name: 'Zweit-Börse 取引所 🐙', status: 'active' } });
    const disabled = await credentials(owner, 'PATCH', `/${id}`, { enabled: false });
    expect(disabled.body).toMatchObject({ name: 'Zweit-Börse 取引所 🐙', status: 'disabled' });
    const test = await credentials(owner, 'POST', `/${id}/test`);
    expect([test.status, test.body.code]).toEqual([409, 'credential_disabled']);
    const enabled = await credentials(owner, 'PATCH', `/${id}`, { enabled: true });
    expect(enabled.body.status).toBe('active');
    const nothing = await credentials(owner, 'PATCH', `/${id}`, {});
    expect([nothing.status, nothing.body.code]).toEqual([422, 'invalid_request']);
  });

  it('is deleted, and what the log has of it stays', async () => {
    const id = await create(owner, { name: 'short-lived' });
    await asPostgres(stack, (client) =>
      client.query(`select from private.open_credential($1, 'test', 'worker x/1')`, [id]),
    );
    const before = await credentials(owner, 'GET', `/${id}/accesses`);
    expect(before.body).toMatchObject({ items: [{ opened_by: 'worker x/1', purpose: 'test' }], next_cursor: null });
    expect((await credentials(owner, 'DELETE', `/${id}`)).status).toBe(204);
    expect((await credentials(owner, 'DELETE', `/${id}`)).status).toBe(404);
    const { data } = await owner.client
      .from('credential_access_log')
      .select('credential_id, credential_name')
      .eq('credential_name', 'short-lived');
    expect(data).toEqual([{ credential_id: null, credential_name: 'short-lived' }]);
    expect((await other.client.from('credential_access_log').select('id')).data).toEqual([]);
  });

  it('is tested by one job at a time', async () => {
    const id = await create(owner);
    const first = await credentials(owner, 'POST', `/${id}/test`);
    expect(first).toMatchObject({ status: 202, body: { test_status: 'pending' } });
    await credentials(owner, 'POST', `/${id}/test`);
    const { rows } = await asPostgres(stack, (client) =>
      client.query(`select data from pgboss.job where name = 'test-credential' and data ->> 'credential_id' = $1`, [
        id,
      ]),
    );
    expect(rows).toEqual([{ data: { version: 1, credential_id: id, request_id: expect.any(String) } }]);
  });

  it('may be tested anew when ten minutes have brought no outcome', async () => {
    const id = await create(owner);
    const jobsAfter = async (minutes: number) => {
      await asPostgres(stack, (client) =>
        client.query(
          `update public.exchange_credentials set test_requested_at = now() - $2 * interval '1 minute' where id = $1`,
          [id, minutes],
        ),
      );
      expect((await credentials(owner, 'POST', `/${id}/test`)).status).toBe(202);
      const { rowCount } = await asPostgres(stack, (client) =>
        client.query(`select from pgboss.job where name = 'test-credential' and data ->> 'credential_id' = $1`, [id]),
      );
      return rowCount;
    };
    expect(await jobsAfter(0)).toBe(1);
    expect(await jobsAfter(9)).toBe(1);
    expect(await jobsAfter(10)).toBe(2);
    expect(await jobsAfter(0)).toBe(2);
  });

  it('has its openings listed in pages', async () => {
    const id = await create(owner);
    await asPostgres(stack, async (client) => {
      for (const purpose of ['test', 'balance', 'order']) {
        await client.query('select from private.open_credential($1, $2, $3)', [id, purpose, 'worker x/1']);
      }
    });
    const first = await credentials(owner, 'GET', `/${id}/accesses?limit=2`);
    expect(first.body.items.map(({ purpose }: { purpose: string }) => purpose)).toEqual(['order', 'balance']);
    const second = await credentials(owner, 'GET', `/${id}/accesses?limit=2&cursor=${first.body.next_cursor}`);
    expect(second.body).toMatchObject({ items: [{ purpose: 'test' }], next_cursor: null });
    expect((await credentials(owner, 'GET', `/${id}`)).body.last_used_at).not.toBeNull();
  });
});

describe('A request to store a credential', () => {
  const CANARY = 'canary-that-must-not-be-repeated';

  it.each([
    ['an unknown exchange', { exchange: 'mtgox' }, 'exchange'],
    ['an address for an exchange', { exchange: 'http://127.0.0.1:1' }, 'exchange'],
    ['no exchange', { exchange: undefined }, 'exchange'],
    ['no name', { name: undefined }, 'name'],
    ['a blank name', { name: ' \u00A0 ' }, 'name'],
    ['a name of 101 characters', { name: 'ä'.repeat(101) }, 'name'],
    ['a control character in the name', { name: 'a\u0007b' }, 'name'],
    ['a name that turns text around', { name: 'a\u202Eb' }, 'name'],
    ['no key', { key: undefined }, 'key'],
    ['an empty key', { key: '  ' }, 'key'],
    ['no secret', { secret: undefined }, 'secret'],
    ['a secret of 10 kB', { secret: CANARY.repeat(320) }, 'secret'],
    ['a NUL in the secret', { secret: `${CANARY}\u0000` }, 'secret'],
    ['half a character in the secret', { secret: `${CANARY}\ud800` }, 'secret'],
    ['a secret that is a number', { secret: 12345 }, 'secret'],
    ['a secret that is an object', { secret: { value: CANARY } }, 'secret'],
    ['an empty passphrase', { passphrase: '' }, 'passphrase'],
    ['a sandbox that is neither true nor false', { sandbox: CANARY }, 'sandbox'],
    ['a field too many', { url: `http://127.0.0.1/${CANARY}` }, ''],
  ])('is refused with %s, repeats no secret and stores nothing', async (_what, change, path) => {
    const before = await countCredentials();
    const { status, body } = await credentials(owner, 'POST', '', { ...KRAKEN, name: 'refused', ...change });
    expect([status, body.code]).toEqual([422, 'invalid_request']);
    expect(body.details.map((detail: { path: string }) => detail.path)).toEqual([path]);
    expect(JSON.stringify(body)).not.toContain(CANARY);
    expect(await countCredentials()).toBe(before);
  });

  it('that is no JSON is refused without repeating it', async () => {
    const { status, body } = await credentials(owner, 'POST', '', `{"secret": "${CANARY}`);
    expect([status, body.code]).toEqual([400, 'invalid_json']);
    expect(JSON.stringify(body)).not.toContain(CANARY);
  });

  it('takes a secret of four kilobytes and one of several lines', async () => {
    await create(owner, { secret: 'x'.repeat(4096) });
    await create(owner, { secret: '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n' });
  });

  it('takes three secrets of four kilobytes, and refuses with a code what JSON makes too long to be stored', async () => {
    const longest = 'x'.repeat(4096);
    await create(owner, { key: longest, secret: longest, passphrase: longest });
    const before = await countCredentials();
    for (const secret of ['\u0001'.repeat(2_650), `${CANARY}${'\u0001'.repeat(2_400)}`]) {
      const answer = await owner.client.rpc('create_credential', { ...KRAKEN, name: 'escapes', secret } as never);
      expect([answer.status, answer.error?.code]).toEqual([422, 'invalid_request']);
      expect(JSON.stringify(answer)).not.toMatch(/canary|u0001/);
    }
    expect(await countCredentials()).toBe(before);
  });

  it('is refused with a name that is taken, in whatever form it is written', async () => {
    await create(owner, { name: 'Börse' });
    for (const name of ['Börse', ' Börse ', 'Bo\u0308rse']) {
      const { status, body } = await credentials(owner, 'POST', '', { ...KRAKEN, name });
      expect([status, body.code]).toEqual([409, 'credential_name_taken']);
    }
    const id = await create(owner);
    const renamed = await credentials(owner, 'PATCH', `/${id}`, { name: 'Börse' });
    expect([renamed.status, renamed.body.code]).toEqual([409, 'credential_name_taken']);
    await create(other, { name: 'Börse' });
  });

  it("is refused beyond the quota of the user's plan", async () => {
    const many = await signUp(stack, 'many');
    for (let n = 0; n < 20; n += 1) await create(many);
    const { status, body } = await credentials(many, 'POST', '', KRAKEN);
    expect([status, body.code]).toEqual([409, 'quota_exceeded']);
    await asService(stack).rpc('set_user_plan', { p_user_id: many.id, p_plan: 'pro' });
    await create(many);
  });

  it('is refused without a session, and to a viewer, who changes nothing either', async () => {
    const nobody = await invoke(anonymous(stack), 'POST', 'api/credentials', KRAKEN);
    expect(nobody.status).toBe(401);
    const viewer = await signUp(stack, 'viewer');
    const id = await create(viewer);
    await asPostgres(stack, (client) =>
      client.query(`update public.user_roles set role = 'viewer' where user_id = $1`, [viewer.id]),
    );
    await viewer.client.auth.refreshSession();
    for (const [method, path, body] of [
      ['POST', '', KRAKEN],
      ['PATCH', `/${id}`, { enabled: false }],
      ['POST', `/${id}/test`, {}],
      ['DELETE', `/${id}`, undefined],
    ] as const) {
      const answer = await credentials(viewer, method, path, body);
      expect([method, path, answer.status, answer.body.code]).toEqual([method, path, 403, 'forbidden']);
    }
    expect((await credentials(viewer, 'GET', `/${id}`)).body).toMatchObject({ id, status: 'active' });
  });

  it('sent straight to the database is judged as strictly', async () => {
    const before = await countCredentials();
    for (const change of [
      { exchange: '../../etc' },
      { name: '' },
      { name: 'a\u202Eb' },
      { secret: '' },
      { secret: 'x'.repeat(4097) },
      { secret: `${CANARY}\u0000` },
      { secret: [CANARY] },
      { extra: CANARY },
      { passphrase: null },
      { sandbox: CANARY },
    ]) {
      const answer = await owner.client.rpc('create_credential', { ...KRAKEN, ...change } as never);
      expect([answer.status, answer.error?.code]).toEqual([422, 'invalid_request']);
      expect(JSON.stringify(answer)).not.toContain(CANARY);
    }
    expect(await countCredentials()).toBe(before);
  });
});

describe('The log of openings', () => {
  it('cannot be changed by anyone, not even the role of the migrations', async () => {
    const id = await create(owner);
    await asPostgres(stack, async (client) => {
      await client.query(`select from private.open_credential($1, 'test', 'worker x/1')`, [id]);
      for (const statement of [
        `update public.credential_access_log set opened_by = 'nobody'`,
        'update public.credential_access_log set credential_id = null',
        'delete from public.credential_access_log',
        'truncate public.credential_access_log',
      ]) {
        await expect(client.query(statement)).rejects.toThrow('append-only');
      }
    });
  });

  it('and all else about credentials goes with a deleted user', async () => {
    const leaving = await signUp(stack, 'leaving');
    const id = await create(leaving);
    await asPostgres(stack, (client) =>
      client.query(`select from private.open_credential($1, 'test', 'worker x/1')`, [id]),
    );
    expect((await asService(stack).auth.admin.deleteUser(leaving.id)).error).toBeNull();
    const { rows } = await asPostgres(stack, (client) =>
      client.query(
        `select (select count(*)::int from public.exchange_credentials where user_id = $1)
              + (select count(*)::int from public.credential_access_log where user_id = $1) as count`,
        [leaving.id],
      ),
    );
    expect(rows).toEqual([{ count: 0 }]);
  });
});
