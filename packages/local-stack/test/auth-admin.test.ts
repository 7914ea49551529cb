import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthFixture, newEmail, startAuthFixture } from './support/auth-fixture.ts';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuthFixture();
});
afterAll(() => auth.stop());

const NOBODY = '00000000-0000-4000-8000-000000000000';

async function createUser(attributes: Record<string, unknown> = {}) {
  const email = newEmail();
  const password = 'given by an admin';
  const { data, error } = await auth
    .admin()
    .auth.admin.createUser({ email, password, email_confirm: true, ...attributes });
  if (error) throw error;
  return { email, password, user: data.user };
}

describe('an admin', () => {
  test('creates a user who can sign in', async () => {
    const { email, password, user } = await createUser({
      user_metadata: { name: 'Ada' },
      app_metadata: { plan: 'pro' },
    });
    expect(user).toMatchObject({
      email,
      user_metadata: { name: 'Ada', email_verified: true },
      app_metadata: { provider: 'email', providers: ['email'], plan: 'pro' },
    });
    const { data, error } = await auth.client().auth.signInWithPassword({ email, password });
    expect(error).toBeNull();
    expect(data.user?.id).toBe(user.id);
  });

  test('creates a user under an id of its own, once', async () => {
    const id = '5a3c2b1e-6d5f-4a7b-8c9d-0123456789ab';
    expect((await createUser({ id })).user.id).toBe(id);
    await expect(createUser({ id })).rejects.toMatchObject({ status: 422 });
  });

  test('creates an unconfirmed user, who cannot sign in', async () => {
    const { email, password } = await createUser({ email_confirm: false });
    const { error } = await auth.client().auth.signInWithPassword({ email, password });
    expect(error).toMatchObject({ code: 'email_not_confirmed' });
    const taken = await auth.client().auth.signUp({ email, password: 'of a stranger' });
    expect(taken.error).toMatchObject({ code: 'user_already_exists' });
  });

  test('brings along a bcrypt hash, but no other and no slow one', async () => {
    const [{ hash } = { hash: '' }] = await auth.query<{ hash: string }>(
      "select extensions.crypt('old password', extensions.gen_salt('bf')) as hash",
    );
    const { email } = await createUser({ password: undefined, password_hash: hash });
    expect((await auth.client().auth.signInWithPassword({ email, password: 'old password' })).error).toBeNull();
    const slow = `$2a$31$${hash.slice(7)}`;
    for (const password_hash of ['md5', slow]) {
      await expect(createUser({ password: undefined, password_hash })).rejects.toMatchObject({ status: 400 });
    }
  });

  test('is refused an address that is taken', async () => {
    const { email } = await createUser();
    await expect(createUser({ email: email.toUpperCase() })).rejects.toMatchObject({
      status: 422,
      code: 'email_exists',
    });
  });

  test('reads and changes a user', async () => {
    const { user, email, password } = await createUser({ user_metadata: { name: 'Ada', old: true } });
    const { admin } = auth.admin().auth;
    const changedEmail = newEmail();
    await admin.updateUserById(user.id, {
      email: changedEmail,
      email_confirm: true,
      password: 'a newer password',
      user_metadata: { old: null },
      app_metadata: { roles: ['trader'] },
    });
    const { data } = await admin.getUserById(user.id);
    expect(data.user).toMatchObject({
      email: changedEmail,
      user_metadata: { name: 'Ada', email_verified: true },
      app_metadata: { roles: ['trader'] },
    });
    expect(data.user?.identities?.[0]?.identity_data).toMatchObject({ email: changedEmail, email_verified: true });
    expect((await auth.client().auth.signInWithPassword({ email, password })).error).not.toBeNull();
    const signIn = await auth.client().auth.signInWithPassword({ email: changedEmail, password: 'a newer password' });
    expect(signIn.error).toBeNull();
  });

  test('ends all sessions of a user by setting a password', async () => {
    const { client, id } = await auth.signedUp();
    await auth.admin().auth.admin.updateUserById(id, { password: 'set by an admin' });
    expect((await client.auth.getUser()).error).toMatchObject({ name: 'AuthSessionMissingError' });
  });

  test('bans a user and lifts the ban', async () => {
    const { user, email, password } = await createUser();
    const { admin } = auth.admin().auth;
    await admin.updateUserById(user.id, { ban_duration: '1h30m' });
    const banned = await auth.client().auth.signInWithPassword({ email, password });
    expect(banned.error).toMatchObject({ code: 'user_banned' });
    await admin.updateUserById(user.id, { ban_duration: 'none' });
    expect((await auth.client().auth.signInWithPassword({ email, password })).error).toBeNull();
    expect((await admin.updateUserById(user.id, { ban_duration: 'soon' })).error).toMatchObject({ status: 400 });
  });

  test('deletes a user with the sessions, the tokens and the rows that cascade', async () => {
    await auth.query(`create table public.notes (user_id uuid not null references auth.users (id) on delete cascade)`);
    const { id } = await auth.signedUp();
    await auth.query('insert into public.notes values ($1)', [id]);
    expect((await auth.admin().auth.admin.deleteUser(id)).error).toBeNull();
    const [left] = await auth.query(
      `select (select count(*) from auth.users where id = $1)
         + (select count(*) from auth.sessions where user_id = $1)
         + (select count(*) from auth.refresh_tokens where user_id = $1::text)
         + (select count(*) from auth.identities where user_id = $1)
         + (select count(*) from public.notes) as rows`,
      [id],
    );
    expect(left).toEqual({ rows: '0' });
    expect((await auth.admin().auth.admin.getUserById(id)).error).toMatchObject({
      status: 404,
      code: 'user_not_found',
    });
  });

  test('pages through the users, newest first', async () => {
    await auth.query('delete from auth.users where true');
    const created = [];
    for (let i = 0; i < 5; i += 1) created.unshift((await createUser()).user.id);
    const { admin } = auth.admin().auth;
    const first = await admin.listUsers({ page: 1, perPage: 2 });
    expect(first.data).toMatchObject({ total: 5, nextPage: 2, lastPage: 3, aud: 'authenticated' });
    const last = await admin.listUsers({ page: 3, perPage: 2 });
    expect(last.data).toMatchObject({ total: 5, nextPage: null, lastPage: 3 });
    const all = await admin.listUsers();
    expect(all.data.users.map(({ id }) => id)).toEqual(created);
    expect([...first.data.users.map(({ id }) => id), ...last.data.users.map(({ id }) => id)]).toEqual([
      ...created.slice(0, 2),
      ...created.slice(4),
    ]);
  });

  test('is refused pages that cannot be', async () => {
    const headers = { authorization: `Bearer ${auth.keys.serviceRoleKey}` };
    for (const query of ['page=0', 'per_page=-1', 'page=many', 'page=1e3']) {
      expect((await fetch(`${auth.url}/auth/v1/admin/users?${query}`, { headers })).status).toBe(400);
    }
  });

  test('sees no password hash and no token', async () => {
    const { user } = await createUser();
    const { data } = await auth.admin().auth.admin.getUserById(user.id);
    expect(JSON.stringify(data)).not.toMatch(/\$2a\$|password|_token/);
  });
});

describe('the admin endpoints', () => {
  const calls = [
    ['GET', '/admin/users'],
    ['POST', '/admin/users'],
    ['GET', `/admin/users/${NOBODY}`],
    ['PUT', `/admin/users/${NOBODY}`],
    ['DELETE', `/admin/users/${NOBODY}`],
    ['POST', '/admin/generate_link'],
  ] as const;

  test.each(calls)('refuse a signed-in user: %s %s', async (method, path) => {
    const { client } = await auth.signedUp();
    const { data } = await client.auth.getSession();
    const headers = { authorization: `Bearer ${data.session?.access_token}` };
    const body = method === 'GET' ? null : '{}';
    const response = await fetch(`${auth.url}/auth/v1${path}`, { method, headers, body });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error_code: 'not_admin' });
  });

  test('refuse the key for browsers, and no key', async () => {
    const { error } = await auth.client().auth.admin.listUsers();
    expect(error).toMatchObject({ status: 403, code: 'not_admin' });
    expect((await fetch(`${auth.url}/auth/v1/admin/users`)).status).toBe(401);
  });
});
