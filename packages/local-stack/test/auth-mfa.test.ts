import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthFixture, startAuthFixture } from './support/auth-fixture.ts';
import { challenge, claimsOf, enroll, nextTimeStep, prove, signIn, userWithFactor } from './support/second-factor.ts';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuthFixture();
});
afterAll(() => auth.stop());

async function post(path: string, token: string, body: unknown): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return fetch(`${auth.url}/auth/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function actions(factorId: string): Promise<unknown[]> {
  const rows = await auth.query<{ payload: { action: string; log_type: string } }>(
    `select payload from auth.audit_log_entries where payload -> 'traits' ->> 'factor_id' = $1 order by created_at`,
    [factorId],
  );
  return rows.map(({ payload }) => [payload.action, payload.log_type]);
}

describe('enrolling a factor', () => {
  test('gives the key as a QR code, as a URI and as text', async () => {
    const { client, email } = await auth.signedUp();
    const { data, error } = await client.auth.mfa.enroll({
      factorType: 'totp',
      friendlyName: 'My phone',
      issuer: 'Trade & base',
    });
    expect(error).toBeNull();
    expect(data).toMatchObject({ id: expect.any(String), type: 'totp', friendly_name: 'My phone' });
    expect(data?.totp.secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(data?.totp.qr_code).toMatch(/^data:image\/svg\+xml;utf-8,<svg xmlns="[^#]*<\/svg>$/);
    const uri = new URL(data?.totp.uri ?? '');
    expect(decodeURIComponent(uri.pathname)).toBe(`/Trade & base:${email}`);
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      issuer: 'Trade & base',
      secret: data?.totp.secret,
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    });
  });

  test('names the site where no issuer is given', async () => {
    const { client } = await auth.signedUp();
    const { data } = await client.auth.mfa.enroll({ factorType: 'totp' });
    expect(new URL(data?.totp.uri ?? '').searchParams.get('issuer')).toBe('127.0.0.1:3000');
    expect(data).toMatchObject({ friendly_name: '' });
  });

  test('shows the factor as unverified, and never its secret again', async () => {
    const { client, id } = await auth.signedUp();
    const app = await enroll(auth, client);
    const { data } = await client.auth.mfa.listFactors();
    expect(data?.totp).toEqual([]);
    expect(data?.all).toMatchObject([
      { id: app.factorId, friendly_name: 'phone', factor_type: 'totp', status: 'unverified' },
    ]);
    const everywhere = [data, await auth.admin().auth.admin.getUserById(id), auth.logLines];
    expect(JSON.stringify(everywhere)).not.toContain(app.secret);
    expect((await client.auth.mfa.getAuthenticatorAssuranceLevel()).data).toMatchObject({
      currentLevel: 'aal1',
      nextLevel: 'aal1',
    });
  });

  test('is refused under a name that the user has given before, also at once', async () => {
    const { client } = await auth.signedUp();
    const enrolments = await Promise.all(
      Array.from({ length: 5 }, () => client.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'phone' })),
    );
    const refusals = enrolments.flatMap(({ error }) => (error ? [error.code] : []));
    expect(refusals).toEqual(Array(4).fill('mfa_factor_name_conflict'));
  });

  test('forgets one that nobody went on with after five minutes', async () => {
    const { client } = await auth.signedUp();
    const untried = await enroll(auth, client);
    const tried = await enroll(auth, client, 'tried');
    await challenge(client, tried.factorId);
    auth.advance(300_000 + 1000);
    const again = await enroll(auth, client);
    const { data } = await client.auth.mfa.listFactors();
    const ids = data?.all.map(({ id }) => id);
    expect(ids).toEqual([tried.factorId, again.factorId]);
    expect(ids).not.toContain(untried.factorId);
  });

  test('is refused beyond ten factors, also at once', async () => {
    const { client } = await auth.signedUp();
    const enrolments = await Promise.all(
      Array.from({ length: 13 }, (_, i) => client.auth.mfa.enroll({ factorType: 'totp', friendlyName: `app ${i}` })),
    );
    const refusals = enrolments.flatMap(({ error }) => (error ? [[error.status, error.code]] : []));
    expect(refusals).toEqual(Array(3).fill([422, 'too_many_enrolled_mfa_factors']));
  });

  test('needs the first factor once there is one', async () => {
    const user = await userWithFactor(auth);
    const second = await signIn(auth, user);
    const { error } = await second.auth.mfa.enroll({ factorType: 'totp', friendlyName: 'of a stranger' });
    expect(error).toMatchObject({ status: 403, code: 'insufficient_aal' });
    await prove(auth, second, user.app);
    await enroll(auth, second, 'tablet');
  });

  test.each([
    ['phone', 422, 'mfa_phone_enroll_not_enabled'],
    ['webauthn', 422, 'mfa_webauthn_enroll_not_enabled'],
    ['sms', 400, 'validation_failed'],
    [undefined, 400, 'validation_failed'],
  ])('is refused for the type %s', async (factor_type, status, error_code) => {
    const { client } = await auth.signedUp();
    const { data } = await client.auth.getSession();
    const response = await post('/factors', data.session?.access_token ?? '', { factor_type, phone: '+49301234567' });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error_code });
  });

  test.each([{ issuer: 'x'.repeat(3000) }, { friendly_name: 'x'.repeat(256) }])(
    'is refused with what is too long',
    async (fields) => {
      const { client } = await auth.signedUp();
      const { data } = await client.auth.getSession();
      const body = { factor_type: 'totp', ...fields };
      const response = await post('/factors', data.session?.access_token ?? '', body);
      expect(await response.json()).toMatchObject({ code: 400, error_code: 'validation_failed' });
    },
  );
});

describe('verifying a factor', () => {
  test('raises the session to aal2, and lists both methods, newest first', async () => {
    const { client } = await auth.signedUp();
    const before = await claimsOf(client);
    const app = await enroll(auth, client);
    nextTimeStep(auth);
    const asked = await client.auth.mfa.challenge({ factorId: app.factorId });
    expect(asked.data).toMatchObject({ id: expect.any(String), type: 'totp' });
    expect(Math.abs((asked.data?.expires_at ?? 0) - auth.now().getTime() / 1000 - 300)).toBeLessThan(10);
    const { data, error } = await client.auth.mfa.verify({
      factorId: app.factorId,
      challengeId: asked.data?.id ?? '',
      code: app.code(),
    });
    expect(error).toBeNull();
    expect(data?.user.factors).toMatchObject([{ id: app.factorId, status: 'verified' }]);
    const after = await claimsOf(client);
    expect(after).toMatchObject({ aal: 'aal2', session_id: before.session_id });
    expect(after.amr.map(({ method }) => method)).toEqual(['totp', 'password']);
    expect(after.amr[0]?.timestamp).toBeGreaterThan(after.amr[1]?.timestamp ?? Number.NaN);
    expect((await client.auth.mfa.listFactors()).data?.totp).toMatchObject([{ id: app.factorId }]);
    expect(await actions(app.factorId)).toEqual([
      ['factor_in_progress', 'factor'],
      ['challenge_created', 'factor'],
      ['verification_attempted', 'factor'],
    ]);
  });

  test('is asked for at the next sign-in', async () => {
    const user = await userWithFactor(auth);
    const second = await signIn(auth, user);
    expect((await second.auth.mfa.getAuthenticatorAssuranceLevel()).data).toMatchObject({
      currentLevel: 'aal1',
      nextLevel: 'aal2',
    });
    await prove(auth, second, user.app);
    expect((await second.auth.mfa.getAuthenticatorAssuranceLevel()).data).toMatchObject({
      currentLevel: 'aal2',
      nextLevel: 'aal2',
      currentAuthenticationMethods: [{ method: 'totp' }, { method: 'password' }],
    });
  });

  test('ends the sessions of the user that are below aal2, and those of nobody else', async () => {
    const user = await userWithFactor(auth);
    const [proved, unproved] = [await signIn(auth, user), await signIn(auth, user)];
    const { client: stranger } = await auth.signedUp();
    await prove(auth, proved, user.app);
    expect((await unproved.auth.getUser()).error).toMatchObject({ name: 'AuthSessionMissingError' });
    for (const client of [user.client, proved, stranger]) expect((await client.auth.getUser()).error).toBeNull();
  });

  test('ends the other enrolments under way', async () => {
    const { client } = await auth.signedUp();
    const app = await enroll(auth, client);
    await enroll(auth, client, 'never finished');
    await prove(auth, client, app);
    expect((await client.auth.mfa.listFactors()).data?.all.map(({ id }) => id)).toEqual([app.factorId]);
  });

  test('lasts through refreshes', async () => {
    const { client } = await userWithFactor(auth);
    const before = await claimsOf(client);
    expect((await client.auth.refreshSession()).error).toBeNull();
    const after = await claimsOf(client);
    expect(after).toMatchObject({ aal: 'aal2', amr: before.amr, session_id: before.session_id });
  });

  test.each(['the token at hand', 'the one before'])(
    'gives nobody the raised session for a refresh token from before: %s',
    async (which) => {
      const { client } = await auth.signedUp();
      const refreshToken = async () => (await client.auth.getSession()).data.session?.refresh_token ?? '';
      const first = await refreshToken();
      await client.auth.refreshSession();
      const second = await refreshToken();
      const { factorId, code } = await enroll(auth, client);
      // No time passes: both tokens are within the reuse interval.
      expect((await client.auth.mfa.challengeAndVerify({ factorId, code: code() })).error).toBeNull();
      const refresh_token = which === 'the one before' ? first : second;
      const { data, error } = await auth.client().auth.refreshSession({ refresh_token });
      expect(data.session).toBeNull();
      expect(error).toMatchObject({ code: 'refresh_token_already_used' });
    },
  );

  test('is needed to change the password, but not the metadata', async () => {
    const user = await userWithFactor(auth);
    const second = await signIn(auth, user);
    const password = 'battery horse staple';
    expect((await second.auth.updateUser({ data: { name: 'Ada' } })).error).toBeNull();
    expect((await second.auth.updateUser({ password })).error).toMatchObject({ status: 401, code: 'insufficient_aal' });
    expect((await second.auth.updateUser({ email: 'stranger@example.com' })).error).toMatchObject({
      code: 'insufficient_aal',
    });
    const change = { password, current_password: user.password };
    expect((await user.client.auth.updateUser(change)).error).toBeNull();
  });
});

describe('unenrolling a factor', () => {
  test('lowers the sessions that it had raised', async () => {
    const user = await userWithFactor(auth);
    const second = await signIn(auth, user);
    await prove(auth, second, user.app);
    const { data, error } = await user.client.auth.mfa.unenroll({ factorId: user.app.factorId });
    expect(error).toBeNull();
    expect(data).toEqual({ id: user.app.factorId });
    for (const client of [user.client, second]) {
      expect((await client.auth.refreshSession()).error).toBeNull();
      const { aal, amr } = await claimsOf(client);
      expect({ aal, methods: amr.map(({ method }) => method) }).toEqual({ aal: 'aal1', methods: ['password'] });
      expect((await client.auth.mfa.listFactors()).data?.all).toEqual([]);
    }
    expect((await actions(user.app.factorId)).at(-1)).toEqual(['factor_unenrolled', 'factor']);
  });

  test('needs aal2 once it is verified, but not before', async () => {
    const user = await userWithFactor(auth);
    const second = await signIn(auth, user);
    const refused = await second.auth.mfa.unenroll({ factorId: user.app.factorId });
    expect(refused.error).toMatchObject({ status: 422, code: 'insufficient_aal' });
    expect((await user.client.auth.mfa.listFactors()).data?.totp).toHaveLength(1);
    const { client } = await auth.signedUp();
    const { factorId } = await enroll(auth, client);
    expect((await client.auth.mfa.unenroll({ factorId })).data).toEqual({ id: factorId });
  });
});

describe("another user's factor", () => {
  test('can be neither challenged nor verified nor unenrolled', async () => {
    const owner = await userWithFactor(auth);
    const { factorId } = owner.app;
    const challengeId = await challenge(owner.client, factorId);
    nextTimeStep(auth);
    const { mfa } = (await userWithFactor(auth)).client.auth;
    const code = owner.app.code();
    for (const { error } of [
      await mfa.challenge({ factorId }),
      await mfa.verify({ factorId, challengeId, code }),
      await mfa.unenroll({ factorId }),
    ]) {
      expect(error).toMatchObject({ status: 404, code: 'mfa_factor_not_found' });
    }
    const { error } = await owner.client.auth.mfa.verify({ factorId, challengeId, code });
    expect(error).toBeNull();
  });

  test('is as unknown as one that never was, and nonsense is no id', async () => {
    const { client } = await auth.signedUp();
    const nobody = await client.auth.mfa.challenge({ factorId: '00000000-0000-4000-8000-000000000000' });
    expect(nobody.error).toMatchObject({ status: 404, code: 'mfa_factor_not_found' });
    const nonsense = await client.auth.mfa.unenroll({ factorId: 'recovery-codes' });
    expect(nonsense.error).toMatchObject({ status: 404, code: 'validation_failed' });
  });
});

test('every endpoint of factors asks who is there', async () => {
  const id = '00000000-0000-4000-8000-000000000000';
  for (const [method, path] of [
    ['POST', '/factors'],
    ['POST', `/factors/${id}/challenge`],
    ['POST', `/factors/${id}/verify`],
    ['DELETE', `/factors/${id}`],
  ]) {
    expect((await fetch(`${auth.url}/auth/v1${path}`, { method })).status).toBe(401);
  }
});
