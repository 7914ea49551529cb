import { createHash, randomBytes } from 'node:crypto';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type AuthFixture, newEmail, startAuthFixture } from './support/auth-fixture.ts';

const SITE = 'http://127.0.0.1:3000';
const CALLBACK = `${SITE}/auth/callback?next=%2Fbots`;
const PASSWORD = 'correct horse battery';
const FLOW_EXPIRY_MS = 300_000;

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuthFixture({ siteUrl: SITE });
});
afterAll(() => auth.stop());

/** A client as server-side rendering makes it: it keeps a secret until the browser comes back with a code. */
function pkceClient(fixture = auth): SupabaseClient {
  return createClient(fixture.url, fixture.keys.anonKey, {
    auth: { flowType: 'pkce', autoRefreshToken: false, persistSession: false, detectSessionInUrl: false },
  });
}

async function mailTo(email: string, fixture = auth) {
  const mail = (await fixture.inbox()).find(({ to }) => to === email);
  if (!mail) throw new Error(`no e-mail to ${email}`);
  return mail;
}

/** Where a link leads. */
async function follow(link: string): Promise<URL> {
  return new URL((await fetch(link, { redirect: 'manual' })).headers.get('location') ?? '');
}

const codeOf = (address: URL) => address.searchParams.get('code') ?? '';
const claimsOf = (token = '') => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

/** A client that has asked for a magic link, and the code that the link gives. */
async function askedForLink() {
  const { email } = await auth.signedUp();
  const client = pkceClient();
  const { error } = await client.auth.signInWithOtp({ email, options: { emailRedirectTo: CALLBACK } });
  if (error) throw error;
  return { client, email, link: (await mailTo(email)).link };
}

describe('a link in the PKCE flow', () => {
  test('leads to the site with a code, and no session in sight', async () => {
    const { link } = await askedForLink();
    expect(new URL(link).searchParams.get('token')).toMatch(/^pkce_[0-9a-f]{56}$/);
    const address = await follow(link);
    expect(address.href.startsWith(`${CALLBACK}&code=`)).toBe(true);
    expect(address.hash).toBe('');
  });

  test('gives the client that asked for it a session', async () => {
    const { client, email, link } = await askedForLink();
    const { data, error } = await client.auth.exchangeCodeForSession(codeOf(await follow(link)));
    expect(error).toBeNull();
    expect(data.user?.email).toBe(email);
    expect(claimsOf(data.session?.access_token).amr).toMatchObject([{ method: 'magiclink' }]);
    expect((await client.auth.getUser()).error).toBeNull();
  });

  test('gives nothing to another client', async () => {
    const { link } = await askedForLink();
    const code = codeOf(await follow(link));
    const thief = await askedForLink();
    const { error } = await thief.client.auth.exchangeCodeForSession(code);
    expect(error).toMatchObject({ status: 400, code: 'bad_code_verifier' });
  });

  test('gives its session once, also to two exchanges that come at once', async () => {
    const body = await codeAndVerifier();
    const statuses = (await Promise.all([exchange(body), exchange(body)])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 404]);
    expect(await (await exchange(body)).json()).toMatchObject({ error_code: 'flow_state_not_found' });
  });

  test('is good for five minutes after it was followed', async () => {
    const { client, link } = await askedForLink();
    auth.advance(FLOW_EXPIRY_MS * 2);
    const code = codeOf(await follow(link));
    auth.advance(FLOW_EXPIRY_MS + 1000);
    const { error } = await client.auth.exchangeCodeForSession(code);
    expect(error).toMatchObject({ status: 422, code: 'flow_state_expired' });
  });

  test('says in the query why it is no good', async () => {
    const { link } = await askedForLink();
    await follow(link);
    const address = await follow(link);
    expect(address.searchParams.get('error_code')).toBe('otp_expired');
    expect(new URLSearchParams(address.hash.slice(1)).get('error_code')).toBe('otp_expired');
    expect(codeOf(address)).toBe('');
  });

  test('does not work as one of another type', async () => {
    const { link } = await askedForLink();
    const changed = new URL(link);
    changed.searchParams.set('type', 'recovery');
    expect((await follow(changed.href)).searchParams.get('error_code')).toBe('flow_state_not_found');
    expect(codeOf(await follow(link))).not.toBe('');
  });

  test('is not needed by who types the code', async () => {
    const { client, email } = await askedForLink();
    const { otp } = await mailTo(email);
    const { data, error } = await client.auth.verifyOtp({ email, token: otp, type: 'email' });
    expect(error).toBeNull();
    expect(data.session).not.toBeNull();
  });
});

describe('in the PKCE flow', () => {
  test('who forgot a password sets a new one', async () => {
    const { email } = await auth.signedUp();
    const client = pkceClient();
    await client.auth.resetPasswordForEmail(email, { redirectTo: CALLBACK });
    const address = await follow((await mailTo(email)).link);
    const { data, error } = await client.auth.exchangeCodeForSession(codeOf(address));
    expect(error).toBeNull();
    expect(claimsOf(data.session?.access_token).amr).toMatchObject([{ method: 'recovery' }]);
    expect((await client.auth.updateUser({ password: 'a new password' })).error).toBeNull();
  });

  test('a sign-up is confirmed', async () => {
    const strict = await startAuthFixture({ siteUrl: SITE, email: { confirmations: true } });
    onTestFinished(() => strict.stop());
    const email = newEmail();
    const client = pkceClient(strict);
    await client.auth.signUp({ email, password: PASSWORD });
    const address = await follow((await mailTo(email, strict)).link);
    const { data, error } = await client.auth.exchangeCodeForSession(codeOf(address));
    expect(error).toBeNull();
    expect(data.user?.email_confirmed_at).toBeDefined();
  });

  test('a sign-up that needs no confirmation has its session at once', async () => {
    const { data, error } = await pkceClient().auth.signUp({ email: newEmail(), password: PASSWORD });
    expect(error).toBeNull();
    expect(data.session).not.toBeNull();
  });

  test('an address is changed with the consent of both', async () => {
    const { email, password } = await auth.signedUp();
    const client = pkceClient();
    await client.auth.signInWithPassword({ email, password });
    const to = newEmail();
    await client.auth.updateUser({ email: to });
    const half = await follow((await mailTo(email)).link);
    expect(half.searchParams.get('message')).toMatch(/other email/);
    const whole = await follow((await mailTo(to)).link);
    const { data, error } = await client.auth.exchangeCodeForSession(codeOf(whole));
    expect(error).toBeNull();
    expect(data.user?.email).toBe(to);
  });
});

describe('a challenge', () => {
  const challenge = 'a'.repeat(43);
  test.each([
    [{ code_challenge: challenge }],
    [{ code_challenge_method: 's256' }],
    [{ code_challenge: 'a'.repeat(42), code_challenge_method: 's256' }],
    [{ code_challenge: 'a'.repeat(129), code_challenge_method: 's256' }],
    [{ code_challenge: `${'a'.repeat(43)}!`, code_challenge_method: 's256' }],
    [{ code_challenge: challenge, code_challenge_method: 'md5' }],
  ])('is refused that is %j', async (fields) => {
    const body = JSON.stringify({ email: newEmail(), ...fields });
    const response = await fetch(`${auth.url}/auth/v1/recover`, { method: 'POST', body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error_code: 'validation_failed' });
  });

  test('may be the secret itself, though no client of ours does so', async () => {
    const { email } = await auth.signedUp();
    const body = JSON.stringify({ email, code_challenge: challenge, code_challenge_method: 'plain' });
    await fetch(`${auth.url}/auth/v1/otp`, { method: 'POST', body });
    const code = codeOf(await follow((await mailTo(email)).link));
    expect((await exchange({ auth_code: code, code_verifier: challenge })).status).toBe(200);
  });
});

test.each([{}, { auth_code: 'x' }, { code_verifier: 'x' }])('an exchange of %j is refused', async (body) => {
  expect((await exchange(body)).status).toBe(400);
});

test('a code that no link gave is worth nothing, even where it is known', async () => {
  const { client, email } = await askedForLink();
  const [row] = await auth.query<{ code: string }>(
    `select f.auth_code as code from auth.flow_state f join auth.users u on u.id = f.user_id where u.email = $1`,
    [email],
  );
  const { error } = await client.auth.exchangeCodeForSession(row?.code ?? '');
  expect(error).toMatchObject({ status: 404, code: 'flow_state_not_found' });
});

test('flows that nobody ended are forgotten after a day', async () => {
  const { email } = await askedForLink();
  auth.advance(25 * 3_600_000);
  await askedForLink();
  const left = await auth.query(
    'select f.id from auth.flow_state f join auth.users u on u.id = f.user_id where u.email = $1',
    [email],
  );
  expect(left).toEqual([]);
});

/** What a client exchanges for its session, seen from outside. */
async function codeAndVerifier() {
  const { email } = await auth.signedUp();
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const body = JSON.stringify({ email, code_challenge: challenge, code_challenge_method: 's256' });
  await fetch(`${auth.url}/auth/v1/otp`, { method: 'POST', body });
  return { auth_code: codeOf(await follow((await mailTo(email)).link)), code_verifier: verifier };
}

function exchange(body: object): Promise<Response> {
  const init = { method: 'POST', body: JSON.stringify(body) };
  return fetch(`${auth.url}/auth/v1/token?grant_type=pkce`, init);
}
