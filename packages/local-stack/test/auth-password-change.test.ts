import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthFixture, startAuthFixture } from './support/auth-fixture.ts';

const NEW_PASSWORD = 'a brand new password';
const DAY_MS = 24 * 3_600_000;

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuthFixture({ email: { securePasswordChange: true, requireCurrentPassword: true } });
});
afterAll(() => auth.stop());

const mailsTo = async (email: string) => (await auth.inbox()).filter(({ to }) => to === email);

/** A user whose session is older than a day. */
async function signedUpYesterday() {
  const user = await auth.signedUp();
  auth.advance(DAY_MS + 1000);
  return user;
}

async function nonceOf({ client, email }: { client: SupabaseClient; email: string }): Promise<string> {
  const { error } = await client.auth.reauthenticate();
  if (error) throw error;
  return (await mailsTo(email))[0]?.otp ?? '';
}

async function canSignIn(email: string, password: string): Promise<boolean> {
  return (await auth.client().auth.signInWithPassword({ email, password })).error === null;
}

describe('a new password', () => {
  test('needs the old one', async () => {
    const { client, email, password } = await auth.signedUp();
    const { error } = await client.auth.updateUser({ password: NEW_PASSWORD });
    expect(error).toMatchObject({ status: 400, code: 'current_password_required' });
    expect(await canSignIn(email, password)).toBe(true);
  });

  test('is not taken with a wrong old one', async () => {
    const { client, email } = await auth.signedUp();
    const { error } = await client.auth.updateUser({ password: NEW_PASSWORD, current_password: 'not the password' });
    expect(error).toMatchObject({ status: 400, code: 'current_password_invalid' });
    expect(await canSignIn(email, NEW_PASSWORD)).toBe(false);
  });

  test('is taken with the right old one, and told to the user by e-mail', async () => {
    const { client, email, password } = await auth.signedUp();
    const { error } = await client.auth.updateUser({ password: NEW_PASSWORD, current_password: password });
    expect(error).toBeNull();
    expect(await canSignIn(email, NEW_PASSWORD)).toBe(true);
    const [notice] = await mailsTo(email);
    expect(notice).toMatchObject({ subject: 'Your password was changed', otp: '', link: '' });
    expect(await auth.inboxPage()).toContain('Your password was changed');
  });

  test('must differ from the old one, and be strong', async () => {
    const { client, password } = await auth.signedUp();
    const same = await client.auth.updateUser({ password, current_password: password });
    expect(same.error).toMatchObject({ status: 422, code: 'same_password' });
    const weak = await client.auth.updateUser({ password: 'short', current_password: password });
    expect(weak.error).toMatchObject({ name: 'AuthWeakPasswordError' });
  });

  test('needs no old one where the session came from a code for who forgot it', async () => {
    const { email } = await auth.signedUp();
    const client = auth.client();
    await client.auth.resetPasswordForEmail(email);
    const token = (await mailsTo(email))[0]?.otp ?? '';
    await client.auth.verifyOtp({ email, token, type: 'recovery' });
    expect((await client.auth.updateUser({ password: NEW_PASSWORD })).error).toBeNull();
    expect(await canSignIn(email, NEW_PASSWORD)).toBe(true);
  });

  test('needs no old one where there is none yet', async () => {
    const { client, id } = await auth.signedUp();
    await auth.query(`update auth.users set encrypted_password = '' where id = $1`, [id]);
    expect((await client.auth.updateUser({ password: NEW_PASSWORD })).error).toBeNull();
  });

  test('is not taken with the old one of before the last change', async () => {
    const { client, email, password } = await auth.signedUp();
    await client.auth.updateUser({ password: NEW_PASSWORD, current_password: password });
    const again = await client.auth.updateUser({ password: 'and another one', current_password: password });
    expect(again.error).toMatchObject({ code: 'current_password_invalid' });
    expect(await canSignIn(email, NEW_PASSWORD)).toBe(true);
  });
});

describe('in a session older than a day, a new password', () => {
  const change = (client: SupabaseClient, current_password: string, nonce?: string) =>
    client.auth.updateUser({ password: NEW_PASSWORD, current_password, ...(nonce && { nonce }) });

  test('needs a code from an e-mail', async () => {
    const { client, password } = await signedUpYesterday();
    expect((await change(client, password)).error).toMatchObject({ status: 400, code: 'reauthentication_needed' });
  });

  test('is taken with the code', async () => {
    const { client, email, password } = await signedUpYesterday();
    const nonce = await nonceOf({ client, email });
    expect((await change(client, password, nonce)).error).toBeNull();
    expect(await canSignIn(email, NEW_PASSWORD)).toBe(true);
  });

  test('is not taken with a wrong code, a used one, or a late one', async () => {
    const { client, email, password } = await signedUpYesterday();
    const nonce = await nonceOf({ client, email });
    const refused = { status: 422, code: 'reauthentication_not_valid' };
    expect((await change(client, password, nonce === '000000' ? '000001' : '000000')).error).toMatchObject(refused);
    // The right code is spent by a try that fails for another reason.
    expect((await change(client, 'not the password', nonce)).error).toMatchObject({ code: 'current_password_invalid' });
    expect((await change(client, password, nonce)).error).toMatchObject(refused);
    const late = await nonceOf({ client, email });
    auth.advance(3601 * 1000);
    expect((await change(client, password, late)).error).toMatchObject(refused);
  });

  test('still needs the old one', async () => {
    const { client, email } = await signedUpYesterday();
    const nonce = await nonceOf({ client, email });
    const { error } = await client.auth.updateUser({ password: NEW_PASSWORD, nonce });
    expect(error).toMatchObject({ code: 'current_password_required' });
  });

  test('is not taken with the code of a sign-in: it is for another purpose', async () => {
    const { client, email, password } = await signedUpYesterday();
    await auth.client().auth.resetPasswordForEmail(email);
    const recovery = (await mailsTo(email))[0]?.otp ?? '';
    expect((await change(client, password, recovery)).error).toMatchObject({ code: 'reauthentication_not_valid' });
  });
});

test('the code for a new password signs nobody in', async () => {
  const { client, email } = await auth.signedUp();
  const token = await nonceOf({ client, email });
  for (const type of ['email', 'recovery', 'signup', 'email_change'] as const) {
    expect((await auth.client().auth.verifyOtp({ email, token, type })).error).not.toBeNull();
  }
});

test('who is not signed in gets no code for a new password', async () => {
  const response = await fetch(`${auth.url}/auth/v1/reauthenticate`);
  expect(response.status).toBe(401);
});

test('a project that asks for nothing takes the new password alone', async () => {
  const lenient = await startAuthFixture({
    email: { requireCurrentPassword: false, notices: { passwordChanged: false, emailChanged: false } },
  });
  try {
    const { client } = await lenient.signedUp();
    expect((await client.auth.updateUser({ password: NEW_PASSWORD })).error).toBeNull();
    expect(await lenient.inbox()).toEqual([]);
  } finally {
    await lenient.stop();
  }
});
