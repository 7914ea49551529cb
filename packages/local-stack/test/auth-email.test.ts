import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthFixture, newEmail, startAuthFixture } from './support/auth-fixture.ts';

const PASSWORD = 'correct horse battery';
const OTP_EXPIRY_SECONDS = 600;
const SITE = 'http://127.0.0.1:3000';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuthFixture({
    siteUrl: SITE,
    redirectUrls: ['https://*.tradebase.example/welcome'],
    email: { confirmations: true, otpExpirySeconds: OTP_EXPIRY_SECONDS },
  });
});
afterAll(() => auth.stop());

async function mailTo(email: string) {
  const mail = (await auth.inbox()).find(({ to }) => to === email);
  if (!mail) throw new Error(`no e-mail to ${email}`);
  return mail;
}

const tokenHash = (link: string) => new URL(link).searchParams.get('token') ?? '';
const fragment = (address: string | null) => new URLSearchParams(new URL(address ?? '').hash.slice(1));

/** Follows a link by one step, as the browser does before it shows the site. */
const follow = (link: string) => fetch(link, { redirect: 'manual' });

async function signedUp(emailRedirectTo?: string) {
  const email = newEmail();
  const options = emailRedirectTo ? { emailRedirectTo } : {};
  const { data, error } = await auth.client().auth.signUp({ email, password: PASSWORD, options });
  if (error) throw error;
  return { email, data, mail: await mailTo(email) };
}

async function confirmed() {
  const { email, mail } = await signedUp();
  const { error } = await auth.client().auth.verifyOtp({ email, token: mail.otp, type: 'signup' });
  if (error) throw error;
  return email;
}

describe('a sign-up that has to be confirmed', () => {
  test('opens no session and mails a link and a code', async () => {
    const { email, data, mail } = await signedUp();
    expect(data.session).toBeNull();
    expect(data.user).toMatchObject({ email, confirmation_sent_at: expect.any(String) });
    expect(data.user?.email_confirmed_at).toBeUndefined();
    expect(mail).toMatchObject({ to: email, otp: expect.stringMatching(/^\d{6}$/), sent_at: expect.any(String) });
    expect(mail.text).toContain(mail.otp);
    expect(mail.text).toContain(mail.link);
    const signIn = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(signIn.error).toMatchObject({ status: 400, code: 'email_not_confirmed' });
  });

  test('is confirmed by the code', async () => {
    const { email, mail } = await signedUp();
    const { data, error } = await auth.client().auth.verifyOtp({ email, token: mail.otp, type: 'signup' });
    expect(error).toBeNull();
    expect(data.session?.access_token).toBeDefined();
    expect(data.user).toMatchObject({ email, user_metadata: { email_verified: true } });
    expect(data.user?.identities?.[0]?.identity_data).toMatchObject({ email_verified: true });
    const signIn = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(signIn.error).toBeNull();
  });

  test.each(['email', 'signup'] as const)('is confirmed by the hash in the link, as type %s', async (type) => {
    const { mail, email } = await signedUp();
    const { data, error } = await auth.client().auth.verifyOtp({ token_hash: tokenHash(mail.link), type });
    expect(error).toBeNull();
    expect(data.user?.email).toBe(email);
  });

  test('is confirmed by the link, which leads to the site with a session in the fragment', async () => {
    const { mail } = await signedUp();
    const response = await follow(mail.link);
    expect(response.status).toBe(303);
    const location = response.headers.get('location');
    expect(location?.startsWith(`${SITE}#`)).toBe(true);
    expect(fragment(location).get('type')).toBe('signup');
    const { data } = await auth.client().auth.getUser(fragment(location).get('access_token') ?? '');
    expect(data.user?.email_confirmed_at).toBeDefined();
  });

  test('can be confirmed once', async () => {
    const { email, mail } = await signedUp();
    const attempt = () => auth.client().auth.verifyOtp({ email, token: mail.otp, type: 'signup' });
    const results = await Promise.all([attempt(), attempt()]);
    expect(results.filter(({ error }) => error === null)).toHaveLength(1);
    expect((await attempt()).error).toMatchObject({ status: 403, code: 'otp_expired' });
    expect(fragment((await follow(mail.link)).headers.get('location')).get('error_code')).toBe('otp_expired');
  });

  test('cannot be confirmed with a wrong code, a code of another, or a late one', async () => {
    const [mine, theirs] = [await signedUp(), await signedUp()];
    const wrong = mine.mail.otp === '000000' ? '000001' : '000000';
    const verify = (token: string) => auth.client().auth.verifyOtp({ email: mine.email, token, type: 'signup' });
    expect((await verify(wrong)).error).toMatchObject({ code: 'otp_expired' });
    if (theirs.mail.otp !== mine.mail.otp) {
      expect((await verify(theirs.mail.otp)).error).toMatchObject({ code: 'otp_expired' });
    }
    auth.advance((OTP_EXPIRY_SECONDS + 1) * 1000);
    expect((await verify(mine.mail.otp)).error).toMatchObject({ code: 'otp_expired' });
  });

  test('gets a new code on request, and the old one is worthless', async () => {
    const { email, mail: first } = await signedUp();
    expect((await auth.client().auth.resend({ type: 'signup', email })).error).toBeNull();
    const second = await mailTo(email);
    expect(second.link).not.toBe(first.link);
    const { error } = await auth.client().auth.verifyOtp({ token_hash: tokenHash(first.link), type: 'signup' });
    expect(error).toMatchObject({ code: 'otp_expired' });
    const again = await auth.client().auth.verifyOtp({ token_hash: tokenHash(second.link), type: 'signup' });
    expect(again.error).toBeNull();
  });

  test('looks the same for an address that is taken, and mails nothing', async () => {
    const email = await confirmed();
    const before = (await auth.inbox()).length;
    const { data, error } = await auth.client().auth.signUp({ email, password: 'of a stranger' });
    expect(error).toBeNull();
    expect(data.session).toBeNull();
    expect(data.user).toMatchObject({ email, identities: [] });
    const [row] = await auth.query('select count(*)::integer as count from auth.users where id = $1', [data.user?.id]);
    expect(row).toEqual({ count: 0 });
    expect(await auth.inbox()).toHaveLength(before);
  });
});

describe('a link', () => {
  test.each([
    ['https://app.tradebase.example/welcome', true],
    [`${SITE}/welcome`, true],
    ['http://127.0.0.1:5173/welcome', true],
    ['https://evil.example/welcome', false],
    ['https://a.b.tradebase.example/welcome', false],
    ['https://user@app.tradebase.example.evil.example/welcome', false],
    ['javascript:alert(1)', false],
    ['https://2130706433?.tradebase.example/welcome', false],
    ['https://intranet\\.tradebase.example/welcome', false],
  ])('to %s is followed: %s', async (target, allowed) => {
    const { mail } = await signedUp(target);
    const location = (await follow(mail.link)).headers.get('location') ?? '';
    expect(location.split('#')[0]).toBe(allowed ? target : SITE);
  });

  test('whose target was changed on the way leads to the site', async () => {
    const { mail } = await signedUp();
    const link = new URL(mail.link);
    link.searchParams.set('redirect_to', 'https://evil.example/');
    expect((await follow(link.href)).headers.get('location')).toMatch(new RegExp(`^${SITE}#`));
  });
});

describe('recovering an account', () => {
  test('signs in with the code from the e-mail, and the password can be set', async () => {
    const email = await confirmed();
    expect((await auth.client().auth.resetPasswordForEmail(email)).error).toBeNull();
    const mail = await mailTo(email);
    const client = auth.client();
    const { data, error } = await client.auth.verifyOtp({ email, token: mail.otp, type: 'recovery' });
    expect(error).toBeNull();
    expect(data.user?.email).toBe(email);
    expect((await client.auth.updateUser({ password: 'a recovered password' })).error).toBeNull();
    const signIn = await auth.client().auth.signInWithPassword({ email, password: 'a recovered password' });
    expect(signIn.error).toBeNull();
  });

  test('is said of the token: it is a one-time code, not a password', async () => {
    const email = await confirmed();
    await auth.client().auth.resetPasswordForEmail(email);
    const { data } = await auth.client().auth.verifyOtp({ email, token: (await mailTo(email)).otp, type: 'recovery' });
    const payload = data.session?.access_token.split('.')[1] ?? '';
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString()).amr).toMatchObject([{ method: 'otp' }]);
  });

  test('does not work with the code of a sign-up', async () => {
    const { email, mail } = await signedUp();
    const { error } = await auth.client().auth.verifyOtp({ email, token: mail.otp, type: 'recovery' });
    expect(error).toMatchObject({ code: 'otp_expired' });
  });

  test('mails nothing to an unknown address and does not say so', async () => {
    const before = (await auth.inbox()).length;
    expect((await auth.client().auth.resetPasswordForEmail(newEmail())).error).toBeNull();
    expect(await auth.inbox()).toHaveLength(before);
  });

  test('is off the table once the password was changed', async () => {
    const email = await confirmed();
    await auth.client().auth.resetPasswordForEmail(email);
    const mail = await mailTo(email);
    const client = auth.client();
    await client.auth.signInWithPassword({ email, password: PASSWORD });
    await client.auth.updateUser({ password: 'another password', current_password: PASSWORD });
    const { error } = await auth.client().auth.verifyOtp({ email, token: mail.otp, type: 'recovery' });
    expect(error).toMatchObject({ code: 'otp_expired' });
  });
});

describe('verifying', () => {
  const verify = (body: object) => fetch(`${auth.url}/auth/v1/verify`, { method: 'POST', body: JSON.stringify(body) });

  test('refuses a token and a hash together, neither, and a type nobody knows', async () => {
    const email = newEmail();
    for (const body of [
      { type: 'signup', token: '123456', token_hash: 'abc', email },
      { type: 'signup', email },
      { type: 'sign-up', token: '123456', email },
      { token: '123456', email },
    ]) {
      expect((await verify(body)).status).toBe(400);
    }
  });

  test('does not take an empty stored token for a match', async () => {
    const email = await confirmed();
    for (const token_hash of [' ', "'", 'e3b0c442']) {
      expect((await verify({ type: 'recovery', token_hash })).status).toBe(403);
    }
    expect((await verify({ type: 'recovery', token: ' ', email })).status).toBe(403);
  });

  test('says that phone numbers are not in the local stack', async () => {
    expect((await verify({ type: 'sms', token: '123456', phone: '491234567' })).status).toBe(501);
  });
});

test('the inbox page shows the newest e-mail first and runs no script', async () => {
  const { email, mail } = await signedUp();
  const page = await auth.inboxPage();
  expect(page.indexOf(email)).toBeGreaterThan(0);
  expect(page).toContain(mail.otp);
  expect((await auth.inbox())[0]?.to).toBe(email);
  const response = await fetch(`${auth.url}/inbox`);
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
});

test('the inbox is closed to pages of other origins', async () => {
  const headers = { origin: 'https://evil.example' };
  expect((await fetch(`${auth.url}/inbox.json`, { headers })).status).toBe(403);
});

test('no code, token or password reaches the log', () => {
  expect(auth.logLines).toEqual([]);
});
