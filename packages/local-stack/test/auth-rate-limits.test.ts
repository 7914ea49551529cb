import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { TokenBuckets } from '../src/auth/limits/token-buckets.ts';
import { startStack } from '../src/testing.ts';
import { type AuthFixture, newEmail, startAuthFixture } from './support/auth-fixture.ts';

const BURST = 30;
const MAX_FREQUENCY_MS = 60_000;
const FIVE_MINUTES_MS = 300_000;

/** One request in five minutes after the burst: so slow that the time a test takes does not count. */
const SLOW = { tokenRefresh: 1, signInSignUps: 1, tokenVerifications: 1, emailSent: undefined };

describe('a bucket of tokens', () => {
  const at = (ms: number) => new Date(1_790_000_000_000 + ms);

  test('gives its burst at once, then as many as the rate', () => {
    const buckets = new TokenBuckets({ burst: BURST, rate: 150, perMs: FIVE_MINUTES_MS });
    for (let i = 0; i < BURST; i += 1) expect(buckets.take('a', at(0))).toBe(0);
    expect(buckets.take('a', at(0))).toBe(2000);
    expect(buckets.take('a', at(1500))).toBe(500);
    expect(buckets.take('a', at(2000))).toBe(0);
    expect(buckets.take('a', at(2000))).toBeGreaterThan(0);
  });

  test('holds no more than its burst, however long nobody asks', () => {
    const buckets = new TokenBuckets({ burst: 2, rate: 1, perMs: 1000 });
    buckets.take('a', at(0));
    for (let i = 0; i < 2; i += 1) expect(buckets.take('a', at(3_600_000))).toBe(0);
    expect(buckets.take('a', at(3_600_000))).toBe(1000);
  });

  test('is every client’s own', () => {
    const buckets = new TokenBuckets({ burst: 1, rate: 1, perMs: 1000 });
    expect(buckets.take('a', at(0))).toBe(0);
    expect(buckets.take('b', at(0))).toBe(0);
    expect(buckets.take('a', at(0))).toBe(1000);
  });

  test('gives and takes nothing when the clock is set back', () => {
    const buckets = new TokenBuckets({ burst: 1, rate: 1, perMs: 1000 });
    buckets.take('a', at(0));
    expect(buckets.take('a', at(-60_000))).toBe(1000);
    expect(buckets.take('a', at(1000))).toBe(0);
  });

  test('of the client who has been quiet longest is forgotten among ten thousand', () => {
    const buckets = new TokenBuckets({ burst: 1, rate: 1, perMs: 3_600_000 });
    buckets.take('first', at(0));
    for (let i = 0; i < 9_999; i += 1) buckets.take(`client ${i}`, at(0));
    expect(buckets.take('first', at(0))).toBeGreaterThan(0);
    buckets.take('one more', at(0));
    expect(buckets.take('first', at(0))).toBe(0);
  });
});

describe('a client that asks too often', () => {
  let auth: AuthFixture;
  beforeAll(async () => {
    auth = await startAuthFixture({ rateLimits: SLOW }, { rateLimits: true });
  });
  afterAll(() => auth.stop());

  const send = (method: string, path: string) =>
    fetch(`${auth.url}/auth/v1${path}`, { method, ...(['POST', 'PUT'].includes(method) && { body: '{}' }) });

  test.each([
    ['POST', '/token?grant_type=password'],
    ['POST', '/verify'],
    ['POST', '/signup'],
    ['POST', '/otp'],
    ['POST', '/magiclink'],
    ['POST', '/recover'],
    ['POST', '/resend'],
    ['PUT', '/user'],
    ['POST', '/factors/0f0e0d0c-0b0a-4908-8706-050403020100/challenge'],
    ['POST', '/factors/0f0e0d0c-0b0a-4908-8706-050403020100/verify'],
  ])('is refused at %s %s after thirty requests', async (method, path) => {
    for (let i = 0; i < BURST; i += 1) expect((await send(method, path)).status).not.toBe(429);
    const refused = await send(method, path);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: 429, error_code: 'over_request_rate_limit' });
  });

  test('cannot go on by another method at the same path', async () => {
    expect((await send('GET', '/verify?type=signup&token=abc')).status).toBe(429);
    expect((await send('HEAD', '/verify?type=signup&token=abc')).status).toBe(429);
  });

  test('may read itself and the settings as often as it likes', async () => {
    for (let i = 0; i < BURST * 2; i += 1) {
      expect((await send('GET', '/settings')).status).toBe(200);
      expect((await send('GET', '/user')).status).toBe(401);
    }
  });

  test('is told so by supabase-js, and may ask again later', async () => {
    const attempt = () => auth.client().auth.signInWithPassword({ email: newEmail(), password: 'a password' });
    expect((await attempt()).error).toMatchObject({ status: 429, code: 'over_request_rate_limit' });
    auth.advance(FIVE_MINUTES_MS);
    expect((await attempt()).error).toMatchObject({ code: 'invalid_credentials' });
    expect((await attempt()).error).toMatchObject({ status: 429 });
  });
});

test('a client behind the gateway cannot pass for another by a header', async () => {
  const stack = await startStack({ authRateLimits: true });
  onTestFinished(() => stack.stop());
  const statuses = await Promise.all(
    Array.from({ length: BURST + 10 }, async (_, i) => {
      const headers = {
        apikey: stack.keys.anonKey,
        'x-forwarded-for': `203.0.113.${i}`,
        'x-real-ip': `203.0.113.${i}`,
      };
      const response = await fetch(`${stack.apiUrl}/auth/v1/recover`, { method: 'POST', headers, body: '{}' });
      await response.body?.cancel();
      return response.status;
    }),
  );
  expect(statuses).toContain(429);
});

test('a stack for tests lets all its users sign up from one address', async () => {
  const auth = await startAuthFixture({ rateLimits: SLOW });
  onTestFinished(() => auth.stop());
  for (let i = 0; i < BURST + 5; i += 1) await auth.signedUp();
});

describe('an address that is written to too often', () => {
  let auth: AuthFixture;
  beforeAll(async () => {
    auth = await startAuthFixture(
      { email: { maxFrequencyMs: MAX_FREQUENCY_MS }, rateLimits: { ...SLOW, signInSignUps: 10_000 } },
      { rateLimits: true },
    );
  });
  afterAll(() => auth.stop());

  const tooSoon = { status: 429, code: 'over_email_send_rate_limit' };

  test('gets one e-mail of a kind a minute', async () => {
    const { email } = await auth.signedUp();
    const recover = () => auth.client().auth.resetPasswordForEmail(email);
    expect((await recover()).error).toBeNull();
    expect((await recover()).error).toMatchObject({
      ...tooSoon,
      message: expect.stringMatching(/^For security purposes, you can only request this after \d+ seconds\.$/),
    });
    auth.advance(MAX_FREQUENCY_MS);
    expect((await recover()).error).toBeNull();
  });

  test('is answered alike when nobody has it', async () => {
    const email = newEmail();
    for (const ask of [
      () => auth.client().auth.resetPasswordForEmail(email),
      () => auth.client().auth.resend({ type: 'signup', email }),
      () => auth.client().auth.resend({ type: 'email_change', email }),
    ]) {
      expect((await ask()).error).toBeNull();
      expect((await ask()).error).toMatchObject(tooSoon);
      auth.advance(MAX_FREQUENCY_MS);
      expect((await ask()).error).toBeNull();
    }
    expect((await auth.inbox()).filter(({ to }) => to === email)).toEqual([]);
  });

  test('gets one change of address and one code for a new password a minute', async () => {
    const { client } = await auth.signedUp();
    expect((await client.auth.updateUser({ email: newEmail() })).error).toBeNull();
    expect((await client.auth.updateUser({ email: newEmail() })).error).toMatchObject(tooSoon);
    expect((await client.auth.reauthenticate()).error).toBeNull();
    expect((await client.auth.reauthenticate()).error).toMatchObject(tooSoon);
  });
});

describe('a project that has sent its e-mails of the hour', () => {
  const limited = (emailSent: number, confirmations: boolean) =>
    startAuthFixture(
      { email: { confirmations, maxFrequencyMs: 0 }, rateLimits: { ...SLOW, emailSent } },
      { rateLimits: true },
    );
  const signUp = (auth: AuthFixture) => auth.client().auth.signUp({ email: newEmail(), password: 'correct horse' });

  test('sends none until the next', async () => {
    const auth = await limited(2, true);
    onTestFinished(() => auth.stop());
    for (let i = 0; i < 2; i += 1) expect((await signUp(auth)).error).toBeNull();
    expect((await signUp(auth)).error).toMatchObject({ status: 429, code: 'over_email_send_rate_limit' });
    const unknown = await auth.client().auth.resetPasswordForEmail(newEmail());
    expect(unknown.error).toMatchObject({ status: 429, code: 'over_email_send_rate_limit' });
    auth.advance(3_600_000);
    expect((await signUp(auth)).error).toBeNull();
  });

  test('counts none where no address is confirmed, unless none may be sent at all', async () => {
    const counted = await limited(1, false);
    onTestFinished(() => counted.stop());
    const { email } = await counted.signedUp();
    for (let i = 0; i < 3; i += 1) {
      expect((await counted.client().auth.resetPasswordForEmail(email)).error).toBeNull();
    }
    const none = await limited(0, false);
    onTestFinished(() => none.stop());
    const user = await none.signedUp();
    const refused = await none.client().auth.resetPasswordForEmail(user.email);
    expect(refused.error).toMatchObject({ code: 'over_email_send_rate_limit' });
  });

  test('still changes a password, without the notice', async () => {
    const none = await limited(0, false);
    onTestFinished(() => none.stop());
    const { client, password } = await none.signedUp();
    const { error } = await client.auth.updateUser({ password: 'a new password', current_password: password });
    expect(error).toBeNull();
    expect(await none.inbox()).toEqual([]);
  });
});
