import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthFixture, newEmail, startAuthFixture } from './support/auth-fixture.ts';

const ATTEMPTS = 5;

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuthFixture({ email: { confirmations: true, securePasswordChange: true } });
});
afterAll(() => auth.stop());

type CodeType = 'signup' | 'recovery' | 'email' | 'email_change';

async function mailTo(email: string) {
  const mail = (await auth.inbox()).find(({ to }) => to === email);
  if (!mail) throw new Error(`no e-mail to ${email}`);
  return mail;
}

async function signedUp() {
  const email = newEmail();
  const { error } = await auth.client().auth.signUp({ email, password: 'correct horse battery' });
  if (error) throw error;
  return { email, mail: await mailTo(email) };
}

const verify = (email: string, token: string, type: CodeType = 'signup') =>
  auth.client().auth.verifyOtp({ email, token, type });

/** Codes that are not the one. */
function wrongCodes(right: string, count: number): string[] {
  return Array.from({ length: count + 1 }, (_, i) => String(i).padStart(6, '0'))
    .filter((code) => code !== right)
    .slice(0, count);
}

async function guess(email: string, right: string, count: number, type?: CodeType): Promise<void> {
  for (const code of wrongCodes(right, count)) {
    expect((await verify(email, code, type)).error).toMatchObject({ status: 403, code: 'otp_expired' });
  }
}

describe('a code that is guessed at', () => {
  test('is good after four wrong tries', async () => {
    const { email, mail } = await signedUp();
    await guess(email, mail.otp, ATTEMPTS - 1);
    expect((await verify(email, mail.otp)).error).toBeNull();
  });

  test('is void after five, and refused as a wrong one is', async () => {
    const { email, mail } = await signedUp();
    await guess(email, mail.otp, ATTEMPTS);
    const { error } = await verify(email, mail.otp);
    expect(error).toMatchObject({ status: 403, code: 'otp_expired', message: 'Token has expired or is invalid' });
    expect(await auth.query('select confirmation_token from auth.users where email = $1', [email])).toEqual([
      { confirmation_token: '' },
    ]);
  });

  test('is void after five tries that come at once', async () => {
    const { email, mail } = await signedUp();
    const tries = [...wrongCodes(mail.otp, ATTEMPTS), mail.otp];
    const results = await Promise.all(tries.map((code) => verify(email, code)));
    expect(results.filter(({ error }) => error === null)).toEqual([]);
  });

  test('is void whatever the client calls it', async () => {
    const { email, mail } = await signedUp();
    await guess(email, mail.otp, ATTEMPTS, 'email');
    expect((await verify(email, mail.otp, 'signup')).error).toMatchObject({ code: 'otp_expired' });
  });

  test('leaves the link of its e-mail good, which nobody can guess', async () => {
    const { email, mail } = await signedUp();
    await guess(email, mail.otp, ATTEMPTS);
    const response = await fetch(mail.link, { redirect: 'manual' });
    expect(response.headers.get('location')).toContain('access_token=');
  });

  test('leaves the next one good', async () => {
    const { email, mail } = await signedUp();
    await guess(email, mail.otp, ATTEMPTS);
    await auth.client().auth.resend({ type: 'signup', email });
    expect((await verify(email, (await mailTo(email)).otp)).error).toBeNull();
  });

  test('leaves those of others good', async () => {
    const [mine, theirs] = [await signedUp(), await signedUp()];
    await guess(mine.email, mine.mail.otp, ATTEMPTS);
    expect((await verify(theirs.email, theirs.mail.otp)).error).toBeNull();
  });

  test('is not helped by a new code of another kind', async () => {
    const { email, mail } = await signedUp();
    await guess(email, mail.otp, ATTEMPTS);
    await auth.client().auth.resetPasswordForEmail(email);
    expect((await verify(email, mail.otp, 'signup')).error).toMatchObject({ code: 'otp_expired' });
    expect((await verify(email, (await mailTo(email)).otp, 'recovery')).error).toBeNull();
  });

  test('for a change of address is not helped by others who want the same address', async () => {
    const [owner, stranger] = [await confirmed(), await confirmed()];
    const to = newEmail();
    await owner.client.auth.updateUser({ email: to });
    const { otp } = await mailTo(to);
    await guess(to, otp, ATTEMPTS, 'email_change');
    await stranger.client.auth.updateUser({ email: to });
    expect((await verify(to, otp, 'email_change')).error).toMatchObject({ code: 'otp_expired' });
  });

  test('for a change of address is good with that address alone, and not with digits of the code at its end', async () => {
    const { client, email } = await confirmed();
    const to = newEmail();
    await client.auth.updateUser({ email: to });
    for (const { to: address, otp } of [await mailTo(to), await mailTo(email)]) {
      const shifted = await verify(address + otp.slice(0, 3), otp.slice(3), 'email_change');
      expect(shifted.error).toMatchObject({ code: 'otp_expired' });
    }
  });

  test('for a new password is void after five', async () => {
    const { client, email } = await confirmed();
    auth.advance(25 * 3_600_000);
    await client.auth.reauthenticate();
    const { otp } = await mailTo(email);
    const change = (nonce: string) => client.auth.updateUser({ password: 'a new password', nonce });
    for (const nonce of [...wrongCodes(otp, ATTEMPTS), otp]) {
      expect((await change(nonce)).error).toMatchObject({ status: 422, code: 'reauthentication_not_valid' });
    }
  });
});

test('the hash of a code opens nothing: the link carries one of its own', async () => {
  const { email, mail } = await signedUp();
  const [row] = await auth.query<{ hash: string }>(
    'select confirmation_token as hash from auth.users where email = $1',
    [email],
  );
  expect(new URL(mail.link).searchParams.get('token')).not.toBe(row?.hash);
  const { error } = await auth.client().auth.verifyOtp({ token_hash: row?.hash ?? '', type: 'signup' });
  expect(error).toMatchObject({ code: 'otp_expired' });
});

test('an address that nobody has is refused in the same words', async () => {
  const email = newEmail();
  for (let i = 0; i < ATTEMPTS + 1; i += 1) {
    expect((await verify(email, '123456')).error).toMatchObject({
      status: 403,
      code: 'otp_expired',
      message: 'Token has expired or is invalid',
    });
  }
});

/** A user with a session from a code. */
async function confirmed() {
  const { email, mail } = await signedUp();
  const client = auth.client();
  const { error } = await client.auth.verifyOtp({ email, token: mail.otp, type: 'signup' });
  if (error) throw error;
  return { client, email };
}
