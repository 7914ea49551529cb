import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AuthFixture, startAuthFixture } from './support/auth-fixture.ts';
import { challenge, claimsOf, enroll, nextTimeStep, signIn, userWithFactor } from './support/second-factor.ts';

/** A hook that answers what the one row of hooks.answers says, and notes what it was told. */
const HOOKS = `
create schema hooks;
create table hooks.answers (answer jsonb not null);
create table hooks.events (event jsonb not null, factor_id uuid);
create function hooks.mfa_attempt(event jsonb) returns jsonb language plpgsql as $$
begin
  insert into hooks.events values (event, (event ->> 'factor_id')::uuid);
  return (select a.answer from hooks.answers a);
end $$;
grant usage on schema hooks to supabase_auth_admin;
grant select on hooks.answers to supabase_auth_admin;
grant insert on hooks.events to supabase_auth_admin;
grant execute on all functions in schema hooks to supabase_auth_admin;
revoke execute on all functions in schema hooks from public;
insert into hooks.answers values ('{"decision": "continue"}');
`;

let auth: AuthFixture;
beforeAll(async () => {
  const hooks = { mfa_verification_attempt: { enabled: true, uri: 'pg-functions://postgres/hooks/mfa_attempt' } };
  auth = await startAuthFixture({ hooks }, { migration: HOOKS });
});
beforeEach(() => answer({ decision: 'continue' }));
afterAll(() => auth.stop());

async function answer(value: Record<string, unknown>): Promise<void> {
  await auth.query('update hooks.answers set answer = $1', [value]);
}

async function events(factorId: string): Promise<unknown[]> {
  const rows = await auth.query('select event from hooks.events where factor_id = $1', [factorId]);
  return rows.map(({ event }) => event);
}

describe('the MFA hook', () => {
  test('hears of right and wrong codes, and what it writes stays', async () => {
    const { client, app, id } = await userWithFactor(auth);
    const { factorId } = app;
    const challengeId = await challenge(client, factorId);
    await client.auth.mfa.verify({ factorId, challengeId, code: app.code() });
    const told = { user_id: id, factor_id: factorId, factor_type: 'totp' };
    expect(await events(factorId)).toMatchObject([
      { ...told, valid: true },
      { ...told, valid: false },
    ]);
  });

  test('refuses the right code and signs the user out everywhere', async () => {
    const user = await userWithFactor(auth);
    const { factorId } = user.app;
    const second = await signIn(auth, user);
    nextTimeStep(auth);
    await answer({ decision: 'reject', message: 'Locked' });
    const { error } = await second.auth.mfa.challengeAndVerify({ factorId, code: user.app.code() });
    expect(error).toMatchObject({ status: 403, code: 'mfa_verification_rejected', message: 'Locked' });
    expect(await events(factorId)).toHaveLength(2);
    for (const client of [user.client, second]) {
      expect((await client.auth.getUser()).error).toMatchObject({ name: 'AuthSessionMissingError' });
    }
  });

  test('gives a message of its own where it refuses without one', async () => {
    const { client } = await auth.signedUp();
    const app = await enroll(auth, client);
    await answer({ decision: 'reject' });
    const { error } = await client.auth.mfa.challengeAndVerify({ factorId: app.factorId, code: app.code() });
    expect(error?.message).toBe('Further MFA verification attempts will be rejected.');
  });

  test.each([{}, { decision: 'maybe' }])('that decides nothing (%o) refuses the code', async (undecided) => {
    const { client } = await auth.signedUp();
    const app = await enroll(auth, client);
    await answer(undecided);
    const { error } = await client.auth.mfa.challengeAndVerify({ factorId: app.factorId, code: app.code() });
    expect(error).toMatchObject({ status: 500, message: expect.stringContaining('mfa_verification_attempt') });
    expect((await claimsOf(client)).aal).toBe('aal1');
  });
});

describe('an admin', () => {
  test('lists the factors of a user, without secrets', async () => {
    const { client, app, id } = await userWithFactor(auth);
    const tablet = await enroll(auth, client, 'tablet');
    const { data, error } = await auth.admin().auth.admin.mfa.listFactors({ userId: id });
    expect(error).toBeNull();
    expect(data?.factors).toMatchObject([
      { id: app.factorId, status: 'verified', friendly_name: 'phone', factor_type: 'totp' },
      { id: tablet.factorId, status: 'unverified', friendly_name: 'tablet' },
    ]);
    expect(JSON.stringify(data)).not.toContain(app.secret);
  });

  test('deletes the factor of a user, whose sessions go on at aal1', async () => {
    const { client, app, id } = await userWithFactor(auth);
    const { admin } = auth.admin().auth;
    const { error } = await admin.mfa.deleteFactor({ userId: id, id: app.factorId });
    expect(error).toBeNull();
    expect((await admin.mfa.listFactors({ userId: id })).data?.factors).toEqual([]);
    await client.auth.refreshSession();
    expect((await claimsOf(client)).aal).toBe('aal1');
    const entries = await auth.query(
      `select payload ->> 'actor_username' as actor from auth.audit_log_entries
       where payload ->> 'action' = 'factor_deleted' and payload -> 'traits' ->> 'factor_id' = $1`,
      [app.factorId],
    );
    expect(entries).toEqual([{ actor: 'service_role' }]);
  });

  test("is told of a factor that is not the user's", async () => {
    const { app } = await userWithFactor(auth);
    const { id: userId } = await auth.signedUp();
    const { error } = await auth.admin().auth.admin.mfa.deleteFactor({ userId, id: app.factorId });
    expect(error).toMatchObject({ status: 404, code: 'mfa_factor_not_found' });
    const nobody = '00000000-0000-4000-8000-000000000000';
    const { error: unknown } = await auth.admin().auth.admin.mfa.listFactors({ userId: nobody });
    expect(unknown).toMatchObject({ status: 404, code: 'user_not_found' });
  });

  test('is needed: a user is refused', async () => {
    const { client, app, id } = await userWithFactor(auth);
    const { data } = await client.auth.getSession();
    const headers = { authorization: `Bearer ${data.session?.access_token}` };
    const path = `${auth.url}/auth/v1/admin/users/${id}/factors`;
    expect((await fetch(path, { headers })).status).toBe(403);
    expect((await fetch(`${path}/${app.factorId}`, { method: 'DELETE', headers })).status).toBe(403);
  });
});

describe('where second factors are switched off', () => {
  let closed: AuthFixture;
  beforeAll(async () => {
    closed = await startAuthFixture({
      mfa: { maxEnrolledFactors: 10, totp: { enrollEnabled: false, verifyEnabled: false } },
    });
  });
  afterAll(() => closed.stop());

  test('nobody enrols one', async () => {
    const { client } = await closed.signedUp();
    const { error } = await client.auth.mfa.enroll({ factorType: 'totp' });
    expect(error).toMatchObject({ status: 422, code: 'mfa_totp_enroll_not_enabled' });
  });

  test('nobody proves one', async () => {
    const { client, id } = await closed.signedUp();
    const factorId = '5a3c2b1e-6d5f-4a7b-8c9d-0123456789ab';
    await closed.query(
      `insert into auth.mfa_factors (id, user_id, factor_type, status, secret, created_at, updated_at)
       values ($1, $2, 'totp', 'verified', 'JBSWY3DPEHPK3PXP', now(), now())`,
      [factorId, id],
      'supabase_auth_admin',
    );
    const { error } = await client.auth.mfa.challenge({ factorId });
    expect(error).toMatchObject({ status: 422, code: 'mfa_totp_verify_not_enabled' });
  });
});
