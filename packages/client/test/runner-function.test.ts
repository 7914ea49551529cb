import { RunnerToken } from '@tradebase/contracts';
import { mintToken, startStack, type TestStack } from '@tradebase/local-stack/testing';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { makeKey, RUNNER_PERMISSIONS } from './support/connect-runner.ts';
import { accessTokenOf, type Persona, signUp, withToken } from './support/personas.ts';

/** The function runner: from an API key to a token, and from a token to the next. */
let stack: TestStack;
let owner: Persona;
const logged: string[] = [];

beforeAll(async () => {
  stack = await startStack({ functions: true, log: (_source, line) => logged.push(line) });
  owner = await signUp(stack, 'owner');
});

afterAll(() => stack?.stop());

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
  readonly body: any;
}

/** A request as a runner program makes it, without any key of the project. */
async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${stack.apiUrl}/functions/v1/runner/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const authenticate = (api_key: string, machine_id = 'machine', more: object = {}) =>
  post('authenticate', { api_key, machine_id, ...more });
const refresh = (token: string) => post('refresh', {}, { authorization: `Bearer ${token}` });

async function connected(machineId: string) {
  const key = await makeKey(owner);
  const { status, body } = await authenticate(key.key, machineId);
  expect(status).toBe(200);
  return { ...key, ...RunnerToken.parse(body) };
}

function sql(statement: string, values: unknown[] = []) {
  return asPostgres(stack, (client) => client.query(statement, values));
}

describe('POST /authenticate', () => {
  it('gives a token for 15 minutes that says whose session it is and what the key allows', async () => {
    const { id, ...given } = await connected('first');
    const claims = decodeJwt(given.token);
    expect(claims).toMatchObject({
      sub: given.session_id,
      role: 'authenticated',
      aud: 'authenticated',
      iss: `${stack.apiUrl}/auth/v1`,
      app_metadata: { user_id: owner.id, api_key_id: id, epoch: 1 },
    });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(900);
    expect(new Date(given.expires_at).getTime()).toBe(Number(claims.exp) * 1000);
    expect(decodeProtectedHeader(given.token)).toMatchObject({ alg: 'ES256', kid: stack.keys.signingKey.kid });
    expect([...given.permissions].sort()).toEqual([...RUNNER_PERMISSIONS].sort());
    expect(given.heartbeat_interval_s).toBeLessThan(given.timeout_s);
  });

  it('gives a token with which the Data API is used', async () => {
    const { token, session_id } = await connected('second');
    const { data } = await withToken(stack, token).from('runner_sessions').select('id, status, machine_id');
    expect(data).toEqual([{ id: session_id, status: 'connected', machine_id: 'second' }]);
    const config = await withToken(stack, token).rpc('runner_config');
    expect(config.data).toMatchObject({ leases: [], halts: [] });
  });

  it('connects the same machine to the same session, and ends the connection before', async () => {
    const { key, token, session_id } = await connected('third');
    const again = await authenticate(key, 'third');
    expect(again.body).toMatchObject({ session_id, epoch: 2 });
    expect((await refresh(token)).body).toMatchObject({ code: 'runner_superseded' });
    expect((await withToken(stack, token).from('runner_sessions').select('id')).data).toEqual([]);
    expect((await authenticate(key, 'another machine')).body.session_id).not.toBe(session_id);
  });

  it('refuses every wrong key in the same words, and repeats it nowhere', async () => {
    const { key } = await makeKey(owner);
    const wrongSecret = `${key.slice(0, 12)}${'x'.repeat(43)}`;
    const unknown = `tb_aaaaaaaa_${'y'.repeat(43)}`;
    const connectless = (await makeKey(owner, ['data:read'])).key;
    const answers = await Promise.all([wrongSecret, unknown, connectless, 'nonsense', ''].map((k) => authenticate(k)));
    expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401, body: { code: 'invalid_api_key' } });
    expect(logged.join('\n')).toContain('/runner/authenticate');
    expect(
      [key, wrongSecret, unknown].filter((secret) => logged.some((line) => line.includes(secret.slice(12)))),
    ).toEqual([]);
  });

  it('refuses a key that is revoked, one from another address, and one of a viewer', async () => {
    const { key, id } = await makeKey(owner);
    await owner.client.rpc('revoke_api_key', { p_api_key_id: id });
    expect((await authenticate(key)).body.code).toBe('invalid_api_key');
    const elsewhere = await makeKey(owner, RUNNER_PERMISSIONS, { p_ip_allowlist: ['198.51.100.0/24'] });
    expect(await authenticate(elsewhere.key)).toMatchObject({ status: 403, body: { code: 'ip_not_allowed' } });
    const viewer = await signUp(stack, 'viewer');
    const demoted = await makeKey(viewer);
    await sql(`update public.user_roles set role = 'viewer' where user_id = $1`, [viewer.id]);
    expect((await authenticate(demoted.key)).body.code).toBe('invalid_api_key');
  });

  it.each([
    ['an unknown field', { api_key: 'x', machine_id: 'm', epoch: 7 }, 422],
    ['no machine', { api_key: 'x', machine_id: '' }, 422],
    ['a machine with too long a name', { api_key: 'x', machine_id: 'm'.repeat(256) }, 422],
    ['a NUL character', { api_key: 'x', machine_id: 'a\u0000b' }, 422],
    ['what is no JSON', '{', 400],
    ['a body of more than a megabyte', JSON.stringify('x'.repeat(1_000_001)), 413],
  ])('refuses %s', async (_what, body, status) => {
    expect((await post('authenticate', body)).status).toBe(status);
  });

  it('refuses a machine that tells too much of itself', async () => {
    const { key } = await makeKey(owner);
    const noise = Array.from({ length: 3000 }, () => Math.random().toString(36)).join('');
    expect(await authenticate(key, 'm', { machine_info: { noise } })).toMatchObject({
      status: 422,
      body: { code: 'invalid_request' },
    });
  });

  it('answers no other method', async () => {
    const response = await fetch(`${stack.apiUrl}/functions/v1/runner/authenticate`);
    expect(response.status).toBe(405);
  });
});

describe('POST /refresh', () => {
  it('gives the next token of the same connection', async () => {
    const first = await connected('refreshed');
    const { status, body } = await refresh(first.token);
    expect(status).toBe(200);
    expect(RunnerToken.parse(body)).toMatchObject({ session_id: first.session_id, user_id: owner.id, epoch: 1 });
    expect((await refresh(body.token)).status).toBe(200);
  });

  it('refuses no token, an expired one, one of another signer, and a user', async () => {
    const { session_id, id, token } = await connected('strict');
    expect((await post('refresh', {})).body.code).toBe('missing_token');
    const claims = {
      sub: session_id,
      app_metadata: { user_id: owner.id, api_key_id: id, permissions: RUNNER_PERMISSIONS, epoch: 1 },
    };
    const expired = await mintToken(stack.keys, { ...claims, exp: Math.floor(Date.now() / 1000) - 60 });
    expect(await refresh(expired)).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    const forged = `${token.slice(0, -10)}${token.slice(-10) === 'AAAAAAAAAA' ? 'BBBBBBBBBB' : 'AAAAAAAAAA'}`;
    expect(await refresh(forged)).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    expect(await refresh(await accessTokenOf(owner.client))).toMatchObject({
      status: 401,
      body: { code: 'invalid_token' },
    });
  });

  it('refuses at once when the key is revoked, or the runner has left', async () => {
    const revoked = await connected('revoked');
    await owner.client.rpc('revoke_api_key', { p_api_key_id: revoked.id });
    expect(await refresh(revoked.token)).toMatchObject({ status: 401, body: { code: 'invalid_api_key' } });
    const left = await connected('left');
    expect((await withToken(stack, left.token).rpc('disconnect_runner')).error).toBeNull();
    expect(await refresh(left.token)).toMatchObject({ status: 401, body: { code: 'runner_not_connected' } });
  });

  it('refuses an address that the key does not accept any more', async () => {
    const { id, token } = await connected('moved');
    await sql(`update public.api_keys set ip_allowlist = '{198.51.100.0/24}' where id = $1`, [id]);
    expect(await refresh(token)).toMatchObject({ status: 403, body: { code: 'ip_not_allowed' } });
  });
});

describe('Who authenticates too often', () => {
  const limitTo = (key: string, most: number | null) =>
    sql('update public.system_config set value = $2::jsonb where key = $1', [key, JSON.stringify(most)]);

  it('with one key is refused, also with the wrong secret, and nobody else is', async () => {
    await limitTo('limits.runner_authentications_per_key', 2);
    const [hammered, calm] = [(await makeKey(owner)).key, (await makeKey(owner)).key];
    const guess = `${hammered.slice(0, 12)}${'x'.repeat(43)}`;
    const statuses = [];
    for (const key of [guess, guess, hammered, calm]) statuses.push((await authenticate(key)).status);
    expect(statuses).toEqual([401, 401, 429, 200]);
    await limitTo('limits.runner_authentications_per_key', null);
  });

  it('from one address is refused, whatever the key', async () => {
    await limitTo('limits.runner_authentications_per_address', 1);
    await sql(`delete from private.rate_buckets where bucket = 'authentications'`);
    const { key } = await makeKey(owner);
    expect((await authenticate('nonsense')).status).toBe(401);
    expect(await authenticate(key)).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    await limitTo('limits.runner_authentications_per_address', null);
  });
});
