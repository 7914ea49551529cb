import { createHash } from 'node:crypto';
import { ApiKey, ApiKeyPage, CreatedApiKey } from '@tradebase/contracts';
import { mintToken, showSecondFactor, startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { accessTokenOf, anonymous, asService, type Persona, signUp, withToken } from './support/personas.ts';
import { mintRunnerToken } from './support/runner-token.ts';
import { signIn } from './support/sign-in.ts';

/** API keys: made, listed and revoked by their owner, and accepted from who holds one. */
let stack: TestStack;
let owner: Persona;
let other: Persona;

beforeAll(async () => {
  stack = await startStack({ functions: true });
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
});

afterAll(() => stack?.stop());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function call(persona: Persona, method: string, path: string, body?: unknown): Promise<Answer> {
  return callWith(await accessTokenOf(persona.client), method, path, body);
}

async function callWith(token: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${stack.apiUrl}/functions/v1/api/keys${path}`, {
    method,
    headers: { apikey: stack.keys.publishableKey, authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] };
}

const REQUEST = { name: 'workstation', permissions: ['runner:connect', 'data:read'] };

async function createKey(persona: Persona, request: object = {}): Promise<CreatedApiKey> {
  const { status, body } = await call(persona, 'POST', '', { ...REQUEST, ...request });
  expect(status, JSON.stringify(body)).toBe(201);
  return CreatedApiKey.parse(body);
}

function authenticate(key: string, ip = '198.51.100.7', permission = 'runner:connect') {
  return asService(stack).rpc('authenticate_api_key', { p_key: key, p_ip: ip, p_permission: permission });
}

function sql(statement: string, values: unknown[] = []) {
  return asPostgres(stack, (client) => client.query(statement, values));
}

const IS_INVALID = { status: 401, error: { code: 'invalid_api_key' } };

describe('An API key', () => {
  it('is shown once, and only the hash of its secret is kept', async () => {
    const created = await createKey(owner, { ip_allowlist: ['203.0.113.9/24', '2001:db8::1'] });
    expect(created.key).toMatch(/^tb_[0-9a-hjkmnp-tv-z]{8}_[A-Za-z0-9_-]{43}$/);
    expect(created).toMatchObject({
      ...REQUEST,
      permissions: ['data:read', 'runner:connect'],
      expires_at: null,
      ip_allowlist: ['203.0.113.0/24', '2001:db8::1/128'],
    });
    const [, prefix, secret = ''] = /^tb_([^_]{8})_(.*)$/.exec(created.key) ?? [];
    expect(prefix).toBe(created.prefix);
    const { rows } = await sql(
      'select to_jsonb(k) - $2::text as row, secret_hash from public.api_keys k where id = $1',
      [created.id, 'secret_hash'],
    );
    expect(rows[0].secret_hash).toEqual(createHash('sha256').update(secret).digest());
    expect(JSON.stringify(rows[0].row)).not.toContain(secret);
    const listed = await call(owner, 'GET', `/${created.id}`);
    expect(ApiKey.parse(listed.body)).not.toHaveProperty('key');
  });

  it('is in an answer that no cache keeps', async () => {
    const { headers } = await call(owner, 'POST', '', REQUEST);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('leaves neither secret nor hash in the audit log, and its use leaves nothing there', async () => {
    const created = await createKey(owner);
    await authenticate(created.key);
    await call(owner, 'DELETE', `/${created.id}`);
    const { data } = await owner.client.from('audit_log').select().eq('resource_id', created.id).order('seq');
    expect(data?.map(({ action }) => action)).toEqual(['api_keys.created', 'api_keys.updated']);
    expect(data?.[0]?.after).toMatchObject({ name: REQUEST.name, prefix: created.prefix });
    expect(JSON.stringify(data)).not.toMatch(/secret/);
    const secret = created.key.slice(12);
    expect(JSON.stringify(data)).not.toContain(createHash('sha256').update(secret).digest('hex'));
    expect(JSON.stringify(data)).not.toContain(secret);
  });

  it('is in the audit log with the program of the caller and not that of the function', async () => {
    const headers = { 'user-agent': `Workstation/1.0 ${'x'.repeat(300)}`, 'x-request-id': 'made-by-workstation' };
    const { data: created, error } = await owner.client.functions.invoke('api/keys', { body: REQUEST, headers });
    expect(error).toBeNull();
    const { data } = await owner.client
      .from('audit_log')
      .select('user_agent, request_id')
      .eq('resource_id', created.id);
    expect(data).toEqual([{ user_agent: headers['user-agent'].slice(0, 256), request_id: headers['x-request-id'] }]);
  });

  it('shows its hash to nobody, not even to the secret key', async () => {
    for (const client of [owner.client, asService(stack), anonymous(stack)]) {
      expect((await client.from('api_keys').select('secret_hash')).error?.code).toBe('42501');
      expect((await client.from('api_keys').select('id').eq('secret_hash', '\\x00')).error?.code).toBe('42501');
    }
  });

  it('can be made, changed and deleted by nobody except through its functions', async () => {
    const { id } = await createKey(owner);
    for (const client of [owner.client, asService(stack)]) {
      const forged = {
        name: 'mine',
        prefix: 'aaaaaaaa',
        secret_hash: `\\x${'00'.repeat(32)}`,
        permissions: ['data:read'],
      };
      expect((await client.from('api_keys').insert(forged)).error?.code).toBe('42501');
      expect((await client.from('api_keys').update({ revoked_at: null }).eq('id', id)).error?.code).toBe('42501');
      expect((await client.from('api_keys').delete().eq('id', id)).error?.code).toBe('42501');
    }
  });

  it('is made by no viewer, who may still revoke one', async () => {
    const former = await signUp(stack, 'former');
    const { id, key } = await createKey(former);
    await sql(`update public.user_roles set role = 'viewer' where user_id = $1`, [former.id]);
    expect(await call(former, 'POST', '', REQUEST)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    // Of a viewer's key reading is left.
    expect(await authenticate(key)).toMatchObject(IS_INVALID);
    expect((await authenticate(key, '198.51.100.7', 'data:read')).data).toMatchObject({ permissions: ['data:read'] });
    expect((await call(former, 'DELETE', `/${id}`)).status).toBe(200);
  });

  it('is made with the second factor alone by a user who has one', async () => {
    const careful = await signUp(stack, 'careful');
    await showSecondFactor(careful.client);
    const { client } = await signIn(stack, careful, careful.password);
    expect(await call({ ...careful, client }, 'POST', '', REQUEST)).toMatchObject({
      status: 403,
      body: { code: 'second_factor_required' },
    });
    // Nor does a token help that says so of a session which has not shown it.
    const { data } = await client.auth.getClaims();
    const untrue = withToken(stack, await mintToken(stack.keys, { ...data?.claims, aal: 'aal2' }));
    const refused = await untrue.rpc('create_api_key', { p_name: 'Mine', p_permissions: ['data:read'] });
    expect(refused.error?.code).toBe('second_factor_required');
    expect((await call(careful, 'POST', '', REQUEST)).status).toBe(201);
  });

  it.each([
    ['no name', { name: '' }, 'name'],
    ['a name of spaces', { name: '   ' }, 'name'],
    ['no permissions', { permissions: [] }, 'permissions'],
    ['a permission that there is not', { permissions: ['admin'] }, 'permissions.0'],
    ['a time without a zone', { expires_at: '2099-01-01T00:00:00' }, 'expires_at'],
    ['an address that is none', { ip_allowlist: ['300.1.1.1'] }, 'ip_allowlist.0'],
    ['too many addresses', { ip_allowlist: Array(21).fill('203.0.113.1') }, 'ip_allowlist'],
    ['an unknown field', { secret: 'mine' }, ''],
  ])('is refused with %s', async (_what, change, path) => {
    const { status, body } = await call(owner, 'POST', '', { ...REQUEST, ...change });
    expect([status, body.code]).toEqual([422, 'invalid_request']);
    expect((body.details as { path: string }[]).map((detail) => detail.path)).toContain(path);
  });

  it('is refused by the database with a time that is past and permissions that there are not', async () => {
    const past = await call(owner, 'POST', '', { ...REQUEST, expires_at: '2020-01-01T00:00:00Z' });
    expect([past.status, past.body.code]).toEqual([422, 'invalid_request']);
    const unknown = await owner.client.rpc('create_api_key', { p_name: 'x', p_permissions: ['admin'] });
    expect(unknown.error?.code).toBe('23514');
  });

  it('can be had as many times as the quota allows, and again once one is revoked', async () => {
    const collector = await signUp(stack, 'collector');
    await sql(`update public.system_config set value = '3' where key = 'quota.api_keys'`);
    const made = await Promise.all(Array.from({ length: 5 }, () => call(collector, 'POST', '', REQUEST)));
    expect(made.filter(({ status }) => status === 201)).toHaveLength(3);
    const refused = made.find(({ status }) => status !== 201);
    expect([refused?.status, refused?.body.code]).toEqual([409, 'quota_exceeded']);
    await call(collector, 'DELETE', `/${made.find(({ status }) => status === 201)?.body.id}`);
    await createKey(collector);
    await sql(`update public.system_config set value = '20' where key = 'quota.api_keys'`);
  });

  it('is forgotten when 100 others were revoked after it', async () => {
    const tidy = await signUp(stack, 'tidy');
    await sql(
      `insert into public.api_keys (user_id, name, prefix, secret_hash, permissions, revoked_at)
       select $1, 'old', translate(lpad(n::text, 8, '0'), 'ilou', 'abcd'), sha256(n::text::bytea), '{data:read}', now() - n * interval '1 day'
       from generate_series(1, 105) n`,
      [tidy.id],
    );
    await createKey(tidy);
    const { count } = await tidy.client.from('api_keys').select('id', { count: 'exact', head: true });
    expect(count).toBe(101);
  });
});

describe('A list of API keys', () => {
  it("has one's own, newest first, page by page", async () => {
    const reader = await signUp(stack, 'reader');
    const ids: string[] = [];
    for (const name of ['one', 'two', 'three']) ids.unshift((await createKey(reader, { name })).id);
    const first = ApiKeyPage.parse((await call(reader, 'GET', '?limit=2')).body);
    const second = ApiKeyPage.parse((await call(reader, 'GET', `?limit=2&cursor=${first.next_cursor}`)).body);
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
    expect(second.next_cursor).toBeNull();
  });

  it("has nobody else's", async () => {
    const { id } = await createKey(owner);
    expect((await other.client.from('api_keys').select('id').eq('id', id)).data).toEqual([]);
    expect(await call(other, 'GET', `/${id}`)).toMatchObject({ status: 404, body: { code: 'api_key_not_found' } });
    expect(await call(other, 'DELETE', `/${id}`)).toMatchObject({ status: 404, body: { code: 'api_key_not_found' } });
    expect((await call(owner, 'GET', `/${id}`)).body.revoked_at).toBeNull();
  });
});

describe('Authentication by API key', () => {
  it('says whose the key is and what it allows, and notes its use at most once a minute', async () => {
    const { id, key } = await createKey(owner);
    const first = await authenticate(key, '198.51.100.7');
    expect(first.data).toEqual({ api_key_id: id, user_id: owner.id, permissions: ['data:read', 'runner:connect'] });
    await authenticate(key, '198.51.100.8');
    expect((await call(owner, 'GET', `/${id}`)).body).toMatchObject({ last_used_ip: '198.51.100.7' });
    await sql(`update public.api_keys set last_used_at = last_used_at - interval '61 seconds' where id = $1`, [id]);
    await authenticate(key, '198.51.100.9');
    expect((await call(owner, 'GET', `/${id}`)).body).toMatchObject({ last_used_ip: '198.51.100.9' });
  });

  it('refuses in the same words a key that is unknown, wrong, malformed, or does not allow what is asked', async () => {
    const { key } = await createKey(owner);
    const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    const answers = await Promise.all([
      authenticate(wrong),
      authenticate(`tb_zzzzzzzz_${key.slice(12)}`),
      authenticate(key.slice(12)),
      authenticate(''),
      authenticate(`${key}x`),
      authenticate('x'.repeat(100_000)),
      authenticate(key, '198.51.100.7', 'runner:execute'),
      authenticate(key, '198.51.100.7', 'anything'),
    ]);
    for (const answer of answers) expect(answer).toMatchObject(IS_INVALID);
    expect(new Set(answers.map(({ error }) => error?.message)).size).toBe(1);
  });

  it('refuses a key at once when it is revoked, and for good', async () => {
    const { id, key } = await createKey(owner);
    const revoked = await call(owner, 'POST', `/${id}/revoke`);
    expect(revoked.status).toBe(200);
    expect(ApiKey.parse(revoked.body).revoked_at).not.toBeNull();
    expect(await authenticate(key)).toMatchObject(IS_INVALID);
    const again = await call(owner, 'DELETE', `/${id}`);
    expect(again.body.revoked_at).toBe(revoked.body.revoked_at);
  });

  it('refuses a key that has expired', async () => {
    const { id, key } = await createKey(owner, { expires_at: '2099-01-01T00:00:00Z' });
    expect((await authenticate(key)).error).toBeNull();
    await sql(`update public.api_keys set expires_at = now() - interval '1 second' where id = $1`, [id]);
    expect(await authenticate(key)).toMatchObject(IS_INVALID);
  });

  it('refuses the key of a banned user while the ban lasts', async () => {
    const banned = await signUp(stack, 'banned');
    const { key } = await createKey(banned);
    const admin = asService(stack).auth.admin;
    await admin.updateUserById(banned.id, { ban_duration: '1h' });
    expect(await authenticate(key)).toMatchObject(IS_INVALID);
    await admin.updateUserById(banned.id, { ban_duration: 'none' });
    expect((await authenticate(key)).error).toBeNull();
  });

  it('accepts a key with an allow-list from its networks alone, and tells only who holds it', async () => {
    const { key } = await createKey(owner, { ip_allowlist: ['203.0.113.0/24', '2001:db8::/32'] });
    for (const inside of ['203.0.113.77', '::ffff:203.0.113.77', '2001:db8:1::5']) {
      expect((await authenticate(key, inside)).error, inside).toBeNull();
    }
    for (const outside of ['203.0.114.1', '::ffff:203.0.114.1', '2001:db9::1']) {
      expect(await authenticate(key, outside), outside).toMatchObject({
        status: 403,
        error: { code: 'ip_not_allowed' },
      });
    }
    expect(await authenticate(`${key.slice(0, -2)}__`, '203.0.114.1')).toMatchObject(IS_INVALID);
  });

  it('is for the secret key alone', async () => {
    const { key } = await createKey(owner);
    for (const client of [owner.client, anonymous(stack)]) {
      const { error } = await client.rpc('authenticate_api_key', { p_key: key, p_ip: '198.51.100.7' });
      expect(error?.code).toBe('42501');
    }
  });
});

describe('The function api', () => {
  it('refuses a runner token: a runner is no user', async () => {
    const claims = { sessionId: crypto.randomUUID(), userId: owner.id, apiKeyId: crypto.randomUUID(), permissions: [] };
    for (const [method, path] of [
      ['GET', ''],
      ['POST', ''],
    ] as const) {
      const { status, body } = await callWith(
        await mintRunnerToken(stack, claims),
        method,
        path,
        method === 'POST' ? REQUEST : undefined,
      );
      expect([status, body.code]).toEqual([401, 'invalid_token']);
      expect(body.message).toContain('runner token');
    }
  });
});
