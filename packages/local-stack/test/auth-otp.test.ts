import type { GenerateLinkParams } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type AuthFixture, newEmail, startAuthFixture } from './support/auth-fixture.ts';

const SITE = 'http://127.0.0.1:3000';
const PASSWORD = 'correct horse battery';
const BLOCK_STRANGERS = `
create schema hooks;
create function hooks.before_user(event jsonb) returns jsonb language sql as $$
  select case when event #>> '{user,email}' like '%@blocked.example'
    then '{"error": {"http_code": 403, "message": "Not this address"}}' else '{}' end::jsonb
$$;
grant usage on schema hooks to supabase_auth_admin;
grant execute on all functions in schema hooks to supabase_auth_admin;
`;

let auth: AuthFixture;
beforeAll(async () => {
  const before_user_created = { enabled: true, uri: 'pg-functions://postgres/hooks/before_user' };
  auth = await startAuthFixture({ siteUrl: SITE, hooks: { before_user_created } }, { migration: BLOCK_STRANGERS });
});
afterAll(() => auth.stop());

async function mailTo(email: string, fixture = auth) {
  const mail = (await fixture.inbox()).find(({ to }) => to === email);
  if (!mail) throw new Error(`no e-mail to ${email}`);
  return mail;
}

const tokenHash = (link: string) => new URL(link).searchParams.get('token') ?? '';
const fragment = (address: string | null) => new URLSearchParams(new URL(address ?? '').hash.slice(1));
const follow = async (link: string) => (await fetch(link, { redirect: 'manual' })).headers.get('location');

async function codeFor(email: string, options = {}) {
  const { error } = await auth.client().auth.signInWithOtp({ email, options });
  if (error) throw error;
  return mailTo(email);
}

describe('signing in with a code', () => {
  test.each(['email', 'magiclink'] as const)('works for a user, as type %s', async (type) => {
    const { email, id } = await auth.signedUp();
    const { otp } = await codeFor(email);
    const { data, error } = await auth.client().auth.verifyOtp({ email, token: otp, type });
    expect(error).toBeNull();
    expect(data.user?.id).toBe(id);
    expect(data.session?.access_token).toBeDefined();
  });

  test('works by the link, and by the hash in it', async () => {
    const { email } = await auth.signedUp();
    const { link } = await codeFor(email);
    expect(fragment(await follow(link)).get('type')).toBe('magiclink');
    const token_hash = tokenHash((await codeFor(email)).link);
    expect((await auth.client().auth.verifyOtp({ token_hash, type: 'email' })).error).toBeNull();
  });

  test('makes a new user, with the metadata of the request', async () => {
    const email = newEmail();
    const { otp } = await codeFor(email, { data: { name: 'Ada' } });
    const { data } = await auth.client().auth.verifyOtp({ email, token: otp, type: 'email' });
    expect(data.user).toMatchObject({ email, user_metadata: { name: 'Ada', email_verified: true } });
    expect(data.user?.identities).toHaveLength(1);
  });

  test('makes no new user where the client wants none, and says so', async () => {
    const email = newEmail();
    const { error } = await auth.client().auth.signInWithOtp({ email, options: { shouldCreateUser: false } });
    expect(error).toMatchObject({ status: 422, code: 'otp_disabled' });
    expect(await auth.query('select id from auth.users where email = $1', [email])).toEqual([]);
    const known = await auth.signedUp();
    await codeFor(known.email, { shouldCreateUser: false });
  });

  test('makes no new user whom the hook refuses', async () => {
    const { error } = await auth.client().auth.signInWithOtp({ email: 'someone@blocked.example' });
    expect(error).toMatchObject({ status: 403, message: 'Not this address' });
  });

  test('works once, and not with the password that nobody knows', async () => {
    const email = newEmail();
    const { otp } = await codeFor(email);
    const verify = () => auth.client().auth.verifyOtp({ email, token: otp, type: 'email' });
    expect((await verify()).error).toBeNull();
    expect((await verify()).error).toMatchObject({ code: 'otp_expired' });
    expect((await auth.client().auth.signInWithPassword({ email, password: '' })).error).not.toBeNull();
  });

  test('lets the user set a password without the one that nobody knows', async () => {
    const email = newEmail();
    const client = auth.client();
    await client.auth.verifyOtp({ email, token: (await codeFor(email)).otp, type: 'email' });
    expect((await client.auth.updateUser({ password: PASSWORD })).error).toBeNull();
    expect((await auth.client().auth.signInWithPassword({ email, password: PASSWORD })).error).toBeNull();
  });

  test('answers a known and a new address alike', async () => {
    const { email } = await auth.signedUp();
    const post = async (address: string) => {
      const init = { method: 'POST', body: JSON.stringify({ email: address }) };
      const response = await fetch(`${auth.url}/auth/v1/otp`, init);
      return { status: response.status, body: await response.json() };
    };
    expect(await post(newEmail())).toEqual(await post(email));
  });

  test('is served under its older name too', async () => {
    const { email } = await auth.signedUp();
    const init = { method: 'POST', body: JSON.stringify({ email }) };
    expect((await fetch(`${auth.url}/auth/v1/magiclink`, init)).status).toBe(200);
    const { otp } = await mailTo(email);
    expect((await auth.client().auth.verifyOtp({ email, token: otp, type: 'magiclink' })).error).toBeNull();
  });

  test('says that phones are not in the local stack', async () => {
    const { error } = await auth.client().auth.signInWithOtp({ phone: '491234567' });
    expect(error).toMatchObject({ status: 501 });
  });
});

describe('signing in with a code where addresses have to be confirmed', () => {
  test('mails a new user the confirmation, whose code signs in as well', async () => {
    const strict = await startAuthFixture({ email: { confirmations: true } });
    onTestFinished(() => strict.stop());
    const email = newEmail();
    await strict.client().auth.signInWithOtp({ email });
    const mail = await mailTo(email, strict);
    expect(new URL(mail.link).searchParams.get('type')).toBe('signup');
    const { data, error } = await strict.client().auth.verifyOtp({ email, token: mail.otp, type: 'email' });
    expect(error).toBeNull();
    expect(data.user?.email_confirmed_at).toBeDefined();
  });

  test('is refused to new users of a closed project only', async () => {
    const closed = await startAuthFixture({ signupEnabled: false });
    onTestFinished(() => closed.stop());
    const { error } = await closed.client().auth.signInWithOtp({ email: newEmail() });
    expect(error).toMatchObject({ status: 422, code: 'signup_disabled' });
    const email = newEmail();
    await closed.admin().auth.admin.createUser({ email, email_confirm: true });
    expect((await closed.client().auth.signInWithOtp({ email })).error).toBeNull();
  });
});

describe('an invitation', () => {
  const invite = (email: string, options = {}) => auth.admin().auth.admin.inviteUserByEmail(email, options);

  test('makes a user whom the link signs in, who then sets a password', async () => {
    const email = newEmail();
    const { data, error } = await invite(email, { data: { name: 'Ada' } });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ email, invited_at: expect.any(String), user_metadata: { name: 'Ada' } });
    expect(data.user?.email_confirmed_at).toBeUndefined();
    const client = auth.client();
    const token_hash = tokenHash((await mailTo(email)).link);
    const accepted = await client.auth.verifyOtp({ token_hash, type: 'invite' });
    expect(accepted.error).toBeNull();
    expect(accepted.data.user?.email_confirmed_at).toBeDefined();
    expect((await client.auth.updateUser({ password: PASSWORD })).error).toBeNull();
    expect((await auth.client().auth.signInWithPassword({ email, password: PASSWORD })).error).toBeNull();
  });

  test('opens nothing by itself', async () => {
    const email = newEmail();
    await invite(email);
    for (const password of ['', 'null', PASSWORD]) {
      expect((await auth.client().auth.signInWithPassword({ email, password })).error).not.toBeNull();
    }
  });

  test('can be sent again until it is accepted', async () => {
    const email = newEmail();
    await invite(email);
    const first = await mailTo(email);
    expect((await invite(email)).error).toBeNull();
    expect(fragment(await follow(first.link)).get('error_code')).toBe('otp_expired');
    expect(fragment(await follow((await mailTo(email)).link)).get('type')).toBe('invite');
    expect((await invite(email)).error).toMatchObject({ status: 422, code: 'email_exists' });
  });

  test('is for admins to send', async () => {
    const { client } = await auth.signedUp();
    const { data } = await client.auth.getSession();
    for (const bearer of [auth.keys.anonKey, data.session?.access_token]) {
      const response = await fetch(`${auth.url}/auth/v1/invite`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}` },
        body: JSON.stringify({ email: newEmail() }),
      });
      expect(response.status).toBe(403);
    }
  });
});

describe('a link that the project sends itself', () => {
  const generate = (params: GenerateLinkParams) => auth.admin().auth.admin.generateLink(params);

  test.each(['magiclink', 'recovery'] as const)('of type %s signs a user in, by code too', async (type) => {
    const { email, id } = await auth.signedUp();
    const before = (await auth.inbox()).length;
    const { data, error } = await generate({ type, email });
    expect(error).toBeNull();
    expect(data.user?.id).toBe(id);
    expect(data.properties).toMatchObject({ verification_type: type, redirect_to: SITE });
    const { email_otp = '', action_link = '', hashed_token } = data.properties ?? {};
    expect(tokenHash(action_link)).toBe(hashed_token);
    expect((await auth.client().auth.verifyOtp({ email, token: email_otp, type })).error).toBeNull();
    expect(await auth.inbox()).toHaveLength(before);
    const again = await generate({ type, email });
    expect(fragment(await follow(again.data.properties?.action_link ?? '')).get('type')).toBe(type);
  });

  test('of type signup makes a user with a password', async () => {
    const email = newEmail();
    const { data, error } = await generate({ type: 'signup', email, password: PASSWORD });
    expect(error).toBeNull();
    const unconfirmed = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(unconfirmed.error).toMatchObject({ code: 'email_not_confirmed' });
    await follow(data.properties?.action_link ?? '');
    expect((await auth.client().auth.signInWithPassword({ email, password: PASSWORD })).error).toBeNull();
    expect((await generate({ type: 'signup', email, password: PASSWORD })).error).toMatchObject({
      code: 'email_exists',
    });
  });

  test('of type invite makes a user without one', async () => {
    const email = newEmail();
    const { data } = await generate({ type: 'invite', email });
    expect(data.user?.invited_at).toBeDefined();
    const token_hash = data.properties?.hashed_token ?? '';
    expect((await auth.client().auth.verifyOtp({ token_hash, type: 'invite' })).error).toBeNull();
  });

  test('of type magiclink for somebody new is a sign-up', async () => {
    const { data } = await generate({ type: 'magiclink', email: newEmail() });
    expect(data.properties?.verification_type).toBe('signup');
    expect(fragment(await follow(data.properties?.action_link ?? '')).get('access_token')).not.toBeNull();
  });

  test('changes an address, with the consent of both', async () => {
    const { client, email } = await auth.signedUp();
    const newAddress = newEmail();
    const current = await generate({ type: 'email_change_current', email, newEmail: newAddress });
    const next = await generate({ type: 'email_change_new', email, newEmail: newAddress });
    for (const { data, error } of [current, next]) {
      expect(error).toBeNull();
      await follow(data.properties?.action_link ?? '');
    }
    expect((await client.auth.getUser()).data.user?.email).toBe(newAddress);
  });

  test('leads where the project allows', async () => {
    const { email } = await auth.signedUp();
    const lead = async (redirectTo: string) =>
      (await generate({ type: 'magiclink', email, options: { redirectTo } })).data.properties?.redirect_to;
    expect(await lead(`${SITE}/welcome`)).toBe(`${SITE}/welcome`);
    expect(await lead('https://evil.example/')).toBe(SITE);
  });

  test('is not made for nobody, or of a type that there is not', async () => {
    const email = newEmail();
    expect((await generate({ type: 'recovery', email })).error).toMatchObject({ status: 404, code: 'user_not_found' });
    const response = await fetch(`${auth.url}/auth/v1/admin/generate_link`, {
      method: 'POST',
      headers: { authorization: `Bearer ${auth.keys.serviceRoleKey}` },
      body: JSON.stringify({ type: 'constructor', email }),
    });
    expect(response.status).toBe(400);
  });
});
