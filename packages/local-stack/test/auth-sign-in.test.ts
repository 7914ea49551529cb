import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type AuthFixture, newEmail, startAuthFixture } from './support/auth-fixture.ts';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuthFixture();
});
afterAll(() => auth.stop());

describe('signing up', () => {
  test('opens a session at once and keeps the user metadata', async () => {
    const email = newEmail();
    const { data, error } = await auth.client().auth.signUp({
      email: email.toUpperCase(),
      password: 'correct horse battery',
      options: { data: { name: 'Ada', nested: { level: 3 } } },
    });
    expect(error).toBeNull();
    expect(data.session?.access_token).toMatch(/^ey/);
    expect(data.user).toMatchObject({
      email,
      aud: 'authenticated',
      role: 'authenticated',
      app_metadata: { provider: 'email', providers: ['email'] },
      user_metadata: { name: 'Ada', nested: { level: 3 }, email_verified: true },
      is_anonymous: false,
    });
    expect(data.user?.identities?.[0]).toMatchObject({ provider: 'email', identity_data: { email } });
  });

  test('refuses an address that is taken, in any case', async () => {
    const { email } = await auth.signedUp();
    const { error } = await auth.client().auth.signUp({ email: email.toUpperCase(), password: 'another password' });
    expect(error).toMatchObject({ status: 422, code: 'user_already_exists' });
  });

  test('lets one of two sign-ups win that come at once', async () => {
    const email = newEmail();
    const attempt = () => auth.client().auth.signUp({ email, password: 'correct horse battery' });
    const results = await Promise.all([attempt(), attempt()]);
    expect(results.filter(({ error }) => error === null)).toHaveLength(1);
    expect(results.find(({ error }) => error)?.error).toMatchObject({ status: 422 });
  });

  test('says why a password is weak', async () => {
    const { error } = await auth.client().auth.signUp({ email: newEmail(), password: 'short' });
    expect(error).toMatchObject({ name: 'AuthWeakPasswordError', status: 422, reasons: ['length'] });
  });

  test('refuses a password of more than 72 bytes, which bcrypt would cut', async () => {
    const { error } = await auth.client().auth.signUp({ email: newEmail(), password: 'é'.repeat(37) });
    expect(error).toMatchObject({ status: 400, code: 'validation_failed' });
  });

  test.each(['no-at-sign', 'two@@example.com', 'a@b c.com', `${'a'.repeat(250)}@example.com`, 'x@-y.com'])(
    'refuses %s as an e-mail address',
    async (email) => {
      const { error } = await auth.client().auth.signUp({ email, password: 'correct horse battery' });
      expect(error).toMatchObject({ status: 400, code: 'validation_failed' });
    },
  );

  test('refuses anonymous users, as the project has them off', async () => {
    const { error } = await auth.client().auth.signInAnonymously();
    expect(error).toMatchObject({ status: 422, code: 'anonymous_provider_disabled' });
  });

  test('stores a bcrypt hash that hosted Auth can read', async () => {
    const hosted = await startAuthFixture({}, { hostedPasswordCost: true });
    onTestFinished(() => hosted.stop());
    const { id } = await hosted.signedUp();
    const [row] = await hosted.query('select encrypted_password from auth.users where id = $1', [id]);
    expect(row?.encrypted_password).toMatch(/^\$2a\$10\$/);
  });
});

describe('signing in', () => {
  test('opens a second session for the right password', async () => {
    const { email, password, id } = await auth.signedUp();
    const { data, error } = await auth.client().auth.signInWithPassword({ email: email.toUpperCase(), password });
    expect(error).toBeNull();
    expect(data.user?.id).toBe(id);
    expect(data.user?.last_sign_in_at).toBeDefined();
    const sessions = await auth.query('select aal from auth.sessions where user_id = $1', [id]);
    expect(sessions).toEqual([{ aal: 'aal1' }, { aal: 'aal1' }]);
  });

  test('answers a wrong password and an unknown user alike', async () => {
    const { email } = await auth.signedUp();
    const wrong = await auth.client().auth.signInWithPassword({ email, password: 'not the password' });
    const unknown = await auth.client().auth.signInWithPassword({ email: newEmail(), password: 'not the password' });
    expect(wrong.error).toMatchObject({ status: 400, code: 'invalid_credentials' });
    expect({ ...unknown.error, message: unknown.error?.message }).toEqual({
      ...wrong.error,
      message: wrong.error?.message,
    });
  });

  test('refuses a password that only begins like the right one of 72 bytes', async () => {
    const email = newEmail();
    const password = 'x'.repeat(72);
    await auth.client().auth.signUp({ email, password });
    const { error } = await auth.client().auth.signInWithPassword({ email, password: `${password}y` });
    expect(error).toMatchObject({ code: 'invalid_credentials' });
  });

  test('takes a user that a seed made with pgcrypto', async () => {
    const email = newEmail();
    await auth.query(
      `insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, created_at)
       values ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated', $1,
         extensions.crypt('seeded password', extensions.gen_salt('bf')), now(), now())`,
      [email],
    );
    const { error } = await auth.client().auth.signInWithPassword({ email, password: 'seeded password' });
    expect(error).toBeNull();
  });

  test('notes where the session came from', async () => {
    const { email, password } = await auth.signedUp();
    const headers = {
      'user-agent': 'a browser',
      apikey: auth.keys.anonKey,
    };
    const body = JSON.stringify({ email, password });
    await fetch(`${auth.url}/auth/v1/token?grant_type=password`, { method: 'POST', headers, body });
    const rows = await auth.query(
      "select host(ip) as ip, user_agent from auth.sessions where user_agent = 'a browser'",
    );
    expect(rows).toEqual([{ ip: '127.0.0.1', user_agent: 'a browser' }]);
  });
});

describe('the signed-in user', () => {
  test('reads itself from the server', async () => {
    const { client, id } = await auth.signedUp();
    const { data } = await client.auth.getUser();
    expect(data.user?.id).toBe(id);
  });

  test('merges metadata and removes the keys that it sets to null', async () => {
    const { client } = await auth.signedUp();
    await client.auth.updateUser({ data: { theme: 'dark', locale: 'de' } });
    const { data } = await client.auth.updateUser({ data: { locale: null, name: 'Ada' } });
    expect(data.user?.user_metadata).toEqual({ email_verified: true, theme: 'dark', name: 'Ada' });
  });

  test('changes its password, which ends its other sessions and no more', async () => {
    const { client, email, password } = await auth.signedUp();
    const other = auth.client();
    await other.auth.signInWithPassword({ email, password });
    const { error } = await client.auth.updateUser({ password: 'a new password', current_password: password });
    expect(error).toBeNull();
    expect((await client.auth.getUser()).error).toBeNull();
    expect((await other.auth.refreshSession()).error).toMatchObject({ code: 'refresh_token_not_found' });
    expect((await auth.client().auth.signInWithPassword({ email, password })).error).not.toBeNull();
    const signIn = await auth.client().auth.signInWithPassword({ email, password: 'a new password' });
    expect(signIn.error).toBeNull();
  });

  test('cannot set the password that it has', async () => {
    const { client, password } = await auth.signedUp();
    const { error } = await client.auth.updateUser({ password, current_password: password });
    expect(error).toMatchObject({ status: 422, code: 'same_password' });
  });

  test('cannot write its app metadata', async () => {
    const { client } = await auth.signedUp();
    const { data } = await client.auth.getSession();
    const response = await fetch(`${auth.url}/auth/v1/user`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${data.session?.access_token}` },
      body: JSON.stringify({ app_metadata: { role: 'admin' } }),
    });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 403, error_code: 'not_admin' });
  });
});

describe('signing out', () => {
  async function threeSessions() {
    const { client: first, email, password } = await auth.signedUp();
    const [second, third] = [auth.client(), auth.client()];
    await second.auth.signInWithPassword({ email, password });
    await third.auth.signInWithPassword({ email, password });
    const alive = async () => {
      const tokens = await Promise.all([first, second, third].map((client) => client.auth.getSession()));
      return tokens.map(({ data }) => data.session?.access_token ?? '');
    };
    return { first, tokens: await alive() };
  }

  const isAlive = async (token: string) => (await auth.client().auth.getUser(token)).error === null;

  test.each([
    ['local', [false, true, true]],
    ['others', [true, false, false]],
    ['global', [false, false, false]],
  ] as const)('with scope %s leaves the sessions %j', async (scope, expected) => {
    const { first, tokens } = await threeSessions();
    expect((await first.auth.signOut({ scope })).error).toBeNull();
    expect(await Promise.all(tokens.map(isAlive))).toEqual(expected);
  });

  test('makes the access token useless at once', async () => {
    const { client } = await auth.signedUp();
    const token = (await client.auth.getSession()).data.session?.access_token ?? '';
    await client.auth.signOut();
    const response = await fetch(`${auth.url}/auth/v1/user`, { headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error_code: 'session_not_found' });
  });

  test('refuses a scope that there is not', async () => {
    const { client } = await auth.signedUp();
    const token = (await client.auth.getSession()).data.session?.access_token ?? '';
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${auth.url}/auth/v1/logout?scope=most`, { method: 'POST', headers });
    expect(response.status).toBe(400);
  });
});
