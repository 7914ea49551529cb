import { createRemoteJWKSet, importJWK, jwtVerify, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthFixture, startAuthFixture } from './support/auth-fixture.ts';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuthFixture();
});
afterAll(() => auth.stop());

async function accessToken(): Promise<{ token: string; id: string }> {
  const { client, id } = await auth.signedUp();
  const { data } = await client.auth.getSession();
  return { token: data.session?.access_token ?? '', id };
}

/** A token signed with the stack's key, whatever its claims. */
async function signed(claims: Record<string, unknown>, expires: string | number = '1h'): Promise<string> {
  const key = await importJWK(auth.keys.signingKey, 'ES256');
  return new SignJWT({ role: 'authenticated', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: auth.keys.signingKey.kid })
    .setExpirationTime(expires)
    .sign(key);
}

async function getUser(authorization?: string, version?: string): Promise<Response> {
  return fetch(`${auth.url}/auth/v1/user`, {
    headers: { ...(authorization && { authorization }), ...(version && { 'x-supabase-api-version': version }) },
  });
}

describe('access tokens', () => {
  test('verify against the published keys and carry the claims of hosted Auth', async () => {
    const { token, id } = await accessToken();
    const jwks = createRemoteJWKSet(new URL(`${auth.url}/auth/v1/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(token, jwks, {
      issuer: `${auth.url}/auth/v1`,
      audience: 'authenticated',
    });
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: auth.keys.signingKey.kid, typ: 'JWT' });
    expect(payload).toMatchObject({
      sub: id,
      role: 'authenticated',
      phone: '',
      aal: 'aal1',
      amr: [{ method: 'password', timestamp: expect.any(Number) }],
      session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      is_anonymous: false,
      app_metadata: { provider: 'email', providers: ['email'] },
      user_metadata: { email_verified: true },
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
  });

  test('are read by getClaims() without a request for the user', async () => {
    const { client, id } = await auth.signedUp();
    const { data, error } = await client.auth.getClaims();
    expect(error).toBeNull();
    expect(data?.claims.sub).toBe(id);
    expect(data?.header.alg).toBe('ES256');
  });

  test('come from keys whose private half is not published', async () => {
    const response = await fetch(`${auth.url}/auth/v1/.well-known/jwks.json`);
    const { keys } = (await response.json()) as { keys: Record<string, unknown>[] };
    expect(keys).toHaveLength(1);
    expect(keys[0]).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', kid: auth.keys.signingKey.kid });
    expect(keys[0]).not.toHaveProperty('d');
  });
});

describe('a request with a token that is no good', () => {
  const unsigned = (header: object, payload: object) =>
    `${[header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;

  test('is refused without a token', async () => {
    const response = await getUser();
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 401, error_code: 'no_authorization' });
  });

  test.each(['not-a-token', 'a.b.c', ''])('is refused with the token "%s"', async (token) => {
    const response = await getUser(`Bearer ${token}`);
    expect(response.status).toBe(token ? 403 : 401);
  });

  test('is refused with alg none', async () => {
    const { id } = await accessToken();
    const claims = { sub: id, role: 'service_role', exp: 4_000_000_000 };
    const response = await getUser(`Bearer ${unsigned({ alg: 'none', typ: 'JWT' }, claims)}`);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error_code: 'bad_jwt' });
  });

  test('is refused when the public key was used as an HS256 secret', async () => {
    const { id } = await accessToken();
    const secret = Buffer.from(JSON.stringify(auth.keys.signingKey.x));
    const forged = await new SignJWT({ sub: id, role: 'service_role' })
      .setProtectedHeader({ alg: 'HS256', kid: auth.keys.signingKey.kid })
      .setExpirationTime('1h')
      .sign(secret);
    expect((await getUser(`Bearer ${forged}`)).status).toBe(403);
  });

  test('is refused when a claim was changed', async () => {
    const { token } = await accessToken();
    const [header, , signature] = token.split('.');
    const payload = Buffer.from(JSON.stringify({ role: 'service_role', exp: 4_000_000_000 })).toString('base64url');
    const headers = { authorization: `Bearer ${header}.${payload}.${signature}` };
    expect((await fetch(`${auth.url}/auth/v1/admin/users`, { headers })).status).toBe(403);
  });

  test('is refused when it has expired', async () => {
    const { id } = await accessToken();
    const response = await getUser(`Bearer ${await signed({ sub: id }, Math.floor(Date.now() / 1000) - 1)}`);
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error_code: 'bad_jwt' });
  });

  test('is refused when it names no session, or that of another user', async () => {
    const [mine, theirs] = [await accessToken(), await accessToken()];
    const payload = JSON.parse(Buffer.from(theirs.token.split('.')[1] ?? '', 'base64url').toString());
    for (const session of [undefined, 'nonsense', payload.session_id]) {
      const response = await getUser(`Bearer ${await signed({ sub: mine.id, session_id: session })}`);
      expect(await response.json()).toMatchObject({ code: 403, error_code: 'session_not_found' });
    }
  });

  test('is refused when the user is gone', async () => {
    const { token, id } = await accessToken();
    await auth.admin().auth.admin.deleteUser(id);
    expect(await (await getUser(`Bearer ${token}`)).json()).toMatchObject({ error_code: 'user_not_found' });
  });

  test('is refused with an API key in place of a user', async () => {
    expect(await (await getUser(`Bearer ${auth.keys.anonKey}`)).json()).toMatchObject({ error_code: 'bad_jwt' });
  });
});

describe('an error', () => {
  test('has its code as text for clients of API version 2024-01-01', async () => {
    const response = await getUser(undefined, '2024-01-01');
    expect(response.headers.get('x-supabase-api-version')).toBe('2024-01-01');
    expect(await response.json()).toEqual({ code: 'no_authorization', message: expect.any(String) });
  });

  test.each([undefined, '2023-12-31', 'yesterday'])(
    'has the HTTP status as its code for version %s',
    async (version) => {
      const response = await getUser(undefined, version);
      expect(response.headers.get('x-supabase-api-version')).toBeNull();
      expect(await response.json()).toEqual({ code: 401, error_code: 'no_authorization', msg: expect.any(String) });
    },
  );

  test('names the reasons of a weak password in both forms', async () => {
    const body = JSON.stringify({ email: 'weak@example.com', password: 'short' });
    for (const version of ['2024-01-01', '']) {
      const headers = { 'x-supabase-api-version': version };
      const response = await fetch(`${auth.url}/auth/v1/signup`, { method: 'POST', headers, body });
      expect(response.status).toBe(422);
      expect(await response.json()).toMatchObject({ weak_password: { reasons: ['length'] } });
    }
  });
});

describe('a request body', () => {
  const post = (body: string | Uint8Array<ArrayBuffer>, path = '/signup') =>
    fetch(`${auth.url}/auth/v1${path}`, { method: 'POST', body });

  test.each(['', '{', 'null', '[]', '"text"', '{"email": 7}', '{"email": {}}'])(
    'is refused that is %s',
    async (body) => {
      const response = await post(body, '/token?grant_type=password');
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error_code: 'bad_json' });
    },
  );

  test('is refused above 64 kB, announced or not', async () => {
    const huge = JSON.stringify({ email: 'big@example.com', data: { text: 'x'.repeat(70_000) } });
    expect((await post(huge)).status).toBe(413);
    const stream = new Blob([huge]).stream();
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body: stream, duplex: 'half' };
    const response = await fetch(`${auth.url}/auth/v1/signup`, init);
    expect(await response.json()).toMatchObject({ code: 413, error_code: 'request_entity_too_large' });
  });

  test('is refused when Postgres cannot store a character of it', async () => {
    const password = 'correct horse battery';
    const response = await post(JSON.stringify({ email: 'nul@example.com', password, data: { text: 'a\u0000b' } }));
    expect(response.status).toBe(400);
  });

  test('may set a metadata key called __proto__ without harm', async () => {
    const password = 'correct horse battery';
    const response = await post(`{"email":"proto@example.com","password":"${password}","data":{"__proto__":{"a":1}}}`);
    expect(response.status).toBe(200);
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });
});

describe('what is not there', () => {
  test.each([
    '/sso',
    '/passkeys/authentication/options',

    '/token?grant_type=id_token',
  ])('is refused with 501 at %s', async (path) => {
    const response = await fetch(`${auth.url}/auth/v1${path}`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(501);
    expect(await response.json()).toMatchObject({ code: 501, msg: expect.stringContaining('local stack') });
  });

  test('is a 404 where hosted Auth has nothing either', async () => {
    const response = await fetch(`${auth.url}/auth/v1/nothing`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 404, error_code: 'not_found' });
  });

  test('is a grant type that nobody knows', async () => {
    const response = await fetch(`${auth.url}/auth/v1/token?grant_type=magic`, { method: 'POST', body: '{}' });
    expect(await response.json()).toMatchObject({ code: 400, msg: 'unsupported_grant_type' });
  });
});

test('the settings say what a sign-in form should offer', async () => {
  const response = await fetch(`${auth.url}/auth/v1/settings`);
  expect(await response.json()).toMatchObject({
    external: { email: true, anonymous_users: false },
    disable_signup: false,
    mailer_autoconfirm: true,
  });
});

test('answers about users are not kept by caches', async () => {
  const { token } = await accessToken();
  expect((await getUser(`Bearer ${token}`)).headers.get('cache-control')).toBe('no-store');
});
