import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type AuthFixture, newEmail, startAuthFixture } from './support/auth-fixture.ts';

const SITE = 'http://127.0.0.1:3000';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuthFixture({ siteUrl: SITE });
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

/** A user who has asked for another address. */
async function changing(fixture = auth) {
  const user = await fixture.signedUp();
  const to = newEmail();
  const { data, error } = await user.client.auth.updateUser({ email: to });
  if (error) throw error;
  return { ...user, to, data };
}

const verify = (email: string, token: string, fixture = auth) =>
  fixture.client().auth.verifyOtp({ email, token, type: 'email_change' });

async function emailOf(id: string): Promise<unknown> {
  const [row] = await auth.query('select email from auth.users where id = $1', [id]);
  return row?.email;
}

describe('a change of address', () => {
  test('is shown as wanted, and is not yet made', async () => {
    const { data, email, to } = await changing();
    expect(data.user).toMatchObject({ email, new_email: to, email_change_sent_at: expect.any(String) });
  });

  test('sends a code of its own to either address', async () => {
    const { email, to } = await changing();
    const [old, next] = [await mailTo(email), await mailTo(to)];
    expect(tokenHash(old.link)).not.toBe(tokenHash(next.link));
    expect(new URL(next.link).searchParams.get('type')).toBe('email_change');
  });

  test('is made once both addresses have given their code, in either order', async () => {
    for (const newFirst of [true, false]) {
      const { email, to, id } = await changing();
      const [first, second] = newFirst ? [to, email] : [email, to];
      const half = await verify(first, (await mailTo(first)).otp);
      expect(half).toMatchObject({ error: null, data: { session: null, user: null } });
      expect(await emailOf(id)).toBe(email);
      const { data, error } = await verify(second, (await mailTo(second)).otp);
      expect(error).toBeNull();
      expect(data.user).toMatchObject({ id, email: to, identities: [{ identity_data: { email: to } }] });
      expect(data.user?.new_email).toBeUndefined();
      expect(data.session?.access_token).toBeDefined();
    }
  });

  test('is made by the two links, and the first says what is missing', async () => {
    const { email, to, id } = await changing();
    const half = fragment(await follow((await mailTo(email)).link));
    expect(half.get('message')).toMatch(/other email/);
    expect(half.get('access_token')).toBeNull();
    const whole = fragment(await follow((await mailTo(to)).link));
    expect(whole.get('type')).toBe('email_change');
    const { data } = await auth.client().auth.getUser(whole.get('access_token') ?? '');
    expect(data.user).toMatchObject({ id, email: to });
  });

  test('is made by the hashes of the two links', async () => {
    const { email, to, id } = await changing();
    for (const address of [to, email]) {
      const token_hash = tokenHash((await mailTo(address)).link);
      expect((await auth.client().auth.verifyOtp({ token_hash, type: 'email_change' })).error).toBeNull();
    }
    expect(await emailOf(id)).toBe(to);
  });

  test('is not made by one code given twice', async () => {
    const { email, to, id } = await changing();
    const { otp, link } = await mailTo(to);
    await verify(to, otp);
    expect((await verify(to, otp)).error).toMatchObject({ status: 403, code: 'otp_expired' });
    expect(fragment(await follow(link)).get('error_code')).toBe('otp_expired');
    expect(await emailOf(id)).toBe(email);
  });

  test('counts one consent where one link is followed twice at once', async () => {
    const { to, id, email } = await changing();
    const { link } = await mailTo(to);
    await Promise.all([follow(link), follow(link)]);
    expect(await emailOf(id)).toBe(email);
  });

  test('is told to the old address', async () => {
    const { email, to } = await changing();
    await verify(to, (await mailTo(to)).otp);
    await verify(email, (await mailTo(email)).otp);
    expect(await mailTo(email)).toMatchObject({ subject: 'Your e-mail address was changed', otp: '', link: '' });
    expect((await mailTo(to)).subject).not.toBe('Your e-mail address was changed');
  });

  test('leaves no code behind, and lets the user sign in under the new address only', async () => {
    const { email, to, id, password } = await changing();
    await verify(to, (await mailTo(to)).otp);
    await verify(email, (await mailTo(email)).otp);
    const rows = await auth.query(
      `select email_change, email_change_token_new, email_change_token_current, email_change_confirm_status as status,
         (select count(*)::integer from auth.one_time_tokens t where t.user_id = u.id) as tokens
       from auth.users u where id = $1`,
      [id],
    );
    expect(rows).toEqual([
      { email_change: '', email_change_token_new: '', email_change_token_current: '', status: 0, tokens: 0 },
    ]);
    expect((await auth.client().auth.signInWithPassword({ email: to, password })).error).toBeNull();
    expect((await auth.client().auth.signInWithPassword({ email, password })).error).not.toBeNull();
  });

  test('to an address that is taken is refused', async () => {
    const [{ client }, { email }] = [await auth.signedUp(), await auth.signedUp()];
    const { error } = await client.auth.updateUser({ email: email.toUpperCase() });
    expect(error).toMatchObject({ status: 422, code: 'email_exists' });
  });

  test('to an address that was taken meanwhile is refused in the end', async () => {
    const { email, to, id, password } = await changing();
    await verify(email, (await mailTo(email)).otp);
    const { otp, link } = await mailTo(to);
    await auth.client().auth.signUp({ email: to, password });
    expect((await verify(to, otp)).error).toMatchObject({ status: 422, code: 'email_exists' });
    expect(fragment(await follow(link)).get('error_code')).toBe('email_exists');
    expect(await emailOf(id)).toBe(email);
  });

  test('to the address that the user has is none', async () => {
    const { client, email } = await auth.signedUp();
    const { data, error } = await client.auth.updateUser({ email });
    expect(error).toBeNull();
    expect(data.user?.new_email).toBeUndefined();
  });

  test('to another address yet makes the codes of the first worthless', async () => {
    const { client, email, to, id } = await changing();
    const [old, first] = [await mailTo(email), await mailTo(to)];
    await client.auth.updateUser({ email: newEmail() });
    expect((await verify(email, old.otp)).error).toMatchObject({ code: 'otp_expired' });
    expect((await verify(to, first.otp)).error).toMatchObject({ code: 'otp_expired' });
    expect(fragment(await follow(first.link)).get('error_code')).toBe('otp_expired');
    expect(await emailOf(id)).toBe(email);
  });

  test('starts over when it is asked for again after one consent', async () => {
    const { client, email, to, id } = await changing();
    await verify(to, (await mailTo(to)).otp);
    await client.auth.updateUser({ email: to });
    await verify(to, (await mailTo(to)).otp);
    expect(await emailOf(id)).toBe(email);
  });

  test('is off the table once the password was changed', async () => {
    const { client, email, to, password } = await changing();
    const [old, next] = [await mailTo(email), await mailTo(to)];
    await client.auth.updateUser({ password: 'another password', current_password: password });
    expect((await verify(email, old.otp)).error).toMatchObject({ code: 'otp_expired' });
    expect((await verify(to, next.otp)).error).toMatchObject({ code: 'otp_expired' });
  });

  test('is not made with a code that came too late, or for another purpose', async () => {
    const { email, to } = await changing();
    const { otp } = await mailTo(to);
    expect((await auth.client().auth.verifyOtp({ email: to, token: otp, type: 'email' })).error).not.toBeNull();
    expect((await verify(email, otp)).error).toMatchObject({ code: 'otp_expired' });
    auth.advance(3601 * 1000);
    expect((await verify(to, otp)).error).toMatchObject({ code: 'otp_expired' });
  });

  test('gives a user whom a seed made an identity', async () => {
    const { client, email, to, id } = await changing();
    await auth.query('delete from auth.identities where user_id = $1', [id]);
    await verify(to, (await mailTo(to)).otp);
    await verify(email, (await mailTo(email)).otp);
    const { data } = await client.auth.getUser();
    expect(data.user?.identities).toMatchObject([{ provider: 'email', identity_data: { email: to } }]);
  });
});

describe('the codes of a change of address', () => {
  test('come again on request, and the first are worthless', async () => {
    const { email, to, id } = await changing();
    const first = [await mailTo(email), await mailTo(to)];
    expect((await auth.client().auth.resend({ type: 'email_change', email })).error).toBeNull();
    const second = [await mailTo(email), await mailTo(to)];
    for (const { link } of first) expect(fragment(await follow(link)).get('error_code')).toBe('otp_expired');
    for (const { link } of second) expect(fragment(await follow(link)).get('error_code')).toBeNull();
    expect(await emailOf(id)).toBe(to);
  });

  test('do not come again where no change is under way, and nothing is said of that', async () => {
    const { email } = await auth.signedUp();
    const before = (await auth.inbox()).length;
    for (const address of [email, newEmail()]) {
      expect((await auth.client().auth.resend({ type: 'email_change', email: address })).error).toBeNull();
    }
    expect(await auth.inbox()).toHaveLength(before);
  });
});

test('a project may be content with the consent of the new address', async () => {
  const single = await startAuthFixture({ email: { doubleConfirmChanges: false } });
  onTestFinished(() => single.stop());
  const { email, to } = await changing(single);
  await expect(mailTo(email, single)).rejects.toThrow('no e-mail');
  const { data, error } = await verify(to, (await mailTo(to, single)).otp, single);
  expect(error).toBeNull();
  expect(data.user?.email).toBe(to);
});
