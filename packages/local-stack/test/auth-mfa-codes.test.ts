import type { SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthFixture, startAuthFixture } from './support/auth-fixture.ts';
import {
  type Authenticator,
  challenge,
  claimsOf,
  enroll,
  nextTimeStep,
  prove,
  userWithFactor,
} from './support/second-factor.ts';

let auth: AuthFixture;
beforeAll(async () => {
  // Without hooks: the lock of the project comes before this limit.
  auth = await startAuthFixture({ hooks: {} });
});
afterAll(() => auth.stop());

const REFUSED = { status: 422, code: 'mfa_verification_failed' };

/** A user who has yet to verify a factor, in the middle of a time step. */
async function enrolledUser() {
  const { client, id } = await auth.signedUp();
  const app = await enroll(auth, client);
  nextTimeStep(auth);
  return { client, id, app };
}

async function attempt(client: SupabaseClient, { factorId }: Authenticator, code: string) {
  return (await client.auth.mfa.challengeAndVerify({ factorId, code })).error;
}

/** A code that is right at none of the times that could count. */
function wrongCode(app: Authenticator): string {
  const right = [-2, -1, 0, 1, 2].map((steps) => app.code(steps));
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !right.includes(code)) ?? '';
}

describe('a code', () => {
  test.each([-1, 0, 1])('is good %s steps away', async (steps) => {
    const { client, app } = await enrolledUser();
    expect(await attempt(client, app, app.code(steps))).toBeNull();
  });

  test.each([-2, 2])('is wrong %s steps away', async (steps) => {
    const { client, app } = await enrolledUser();
    expect(await attempt(client, app, app.code(steps))).toMatchObject(REFUSED);
  });

  test.each(['12345', '1234567', 'abcdef', '12 456', '１２３４５６'])('is wrong that is "%s"', async (code) => {
    const { client, app } = await enrolledUser();
    expect(await attempt(client, app, code)).toMatchObject(REFUSED);
  });

  test('may come with spaces around it, but not be empty', async () => {
    const { client, app } = await enrolledUser();
    expect(await attempt(client, app, '')).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(await attempt(client, app, ` ${app.code()} `)).toBeNull();
  });

  test('that is wrong changes nothing, and its challenge can still be answered', async () => {
    const { client, app } = await enrolledUser();
    const { factorId } = app;
    const before = await claimsOf(client);
    const challengeId = await challenge(client, factorId);
    const { error } = await client.auth.mfa.verify({ factorId, challengeId, code: wrongCode(app) });
    expect(error).toMatchObject(REFUSED);
    expect(await claimsOf(client)).toEqual(before);
    expect((await client.auth.refreshSession()).error).toBeNull();
    expect((await client.auth.mfa.listFactors()).data?.all).toMatchObject([{ status: 'unverified' }]);
    expect((await client.auth.mfa.verify({ factorId, challengeId, code: app.code() })).error).toBeNull();
  });

  test('of another factor is wrong', async () => {
    const { client, app } = await enrolledUser();
    const other = await enroll(auth, client, 'tablet');
    expect(await attempt(client, app, other.code())).toMatchObject(REFUSED);
  });
});

describe('a code that was accepted', () => {
  test('is not accepted again, nor an older one, but the next is', async () => {
    const { client, app } = await enrolledUser();
    expect(await attempt(client, app, app.code())).toBeNull();
    expect(await attempt(client, app, app.code())).toMatchObject(REFUSED);
    expect(await attempt(client, app, app.code(-1))).toMatchObject(REFUSED);
    expect(await attempt(client, app, app.code(1))).toBeNull();
    expect(await attempt(client, app, app.code())).toMatchObject(REFUSED);
    nextTimeStep(auth);
    expect(await attempt(client, app, app.code())).toMatchObject(REFUSED);
    nextTimeStep(auth);
    expect(await attempt(client, app, app.code())).toBeNull();
  });

  test('is remembered per factor, in the database', async () => {
    const { client, app } = await enrolledUser();
    await prove(auth, client, app);
    const rows = await auth.query(
      'select otp_code from auth.mfa_challenges where factor_id = $1 and verified_at is not null',
      [app.factorId],
    );
    expect(rows).toEqual([{ otp_code: String(Math.floor(auth.now().getTime() / 30_000)) }]);
    const tablet = await enroll(auth, client, 'tablet');
    expect(await attempt(client, tablet, tablet.code())).toBeNull();
  });

  test('is accepted once, however many send it at once', async () => {
    const { client, app } = await userWithFactor(auth);
    nextTimeStep(auth);
    const { data } = await client.auth.getSession();
    const ids = await Promise.all(Array.from({ length: 6 }, () => challenge(client, app.factorId)));
    // Two for each challenge, and past the client, which would send them one by one.
    const answers = await Promise.all(
      [...ids, ...ids].map((challenge_id) =>
        fetch(`${auth.url}/auth/v1/factors/${app.factorId}/verify`, {
          method: 'POST',
          headers: { authorization: `Bearer ${data.session?.access_token}` },
          body: JSON.stringify({ challenge_id, code: app.code() }),
        }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(11).fill(422)]);
  });
});

describe('a challenge', () => {
  test('can be answered for five minutes', async () => {
    const { client, app } = await enrolledUser();
    const { factorId } = app;
    const challengeId = await challenge(client, factorId);
    auth.advance(290_000);
    expect((await client.auth.mfa.verify({ factorId, challengeId, code: app.code() })).error).toBeNull();
    const late = await challenge(client, factorId);
    auth.advance(301_000);
    const { error } = await client.auth.mfa.verify({ factorId, challengeId: late, code: app.code() });
    expect(error).toMatchObject({ status: 422, code: 'mfa_challenge_expired' });
  });

  test('can be answered once', async () => {
    const { client, app } = await enrolledUser();
    const { factorId } = app;
    const challengeId = await challenge(client, factorId);
    expect((await client.auth.mfa.verify({ factorId, challengeId, code: app.code() })).error).toBeNull();
    nextTimeStep(auth);
    const { error } = await client.auth.mfa.verify({ factorId, challengeId, code: app.code() });
    expect(error).toMatchObject({ status: 422, code: 'mfa_ip_address_mismatch' });
  });

  test('is good for its factor alone', async () => {
    const { client, app } = await enrolledUser();
    const other = await enroll(auth, client, 'tablet');
    const challengeId = await challenge(client, other.factorId);
    const { error } = await client.auth.mfa.verify({ factorId: app.factorId, challengeId, code: app.code() });
    expect(error).toMatchObject({ status: 422, code: 'mfa_factor_not_found' });
    const nonsense = await client.auth.mfa.verify({ factorId: app.factorId, challengeId: 'none', code: app.code() });
    expect(nonsense.error).toMatchObject({ status: 400 });
  });

  test('is good for the address alone that asked for it', async () => {
    const { client, app } = await enrolledUser();
    const { factorId } = app;
    const challengeId = await challenge(client, factorId);
    const update = "update auth.mfa_challenges set ip_address = '192.0.2.1' where id = $1";
    await auth.query(update, [challengeId], 'supabase_auth_admin');
    const { error } = await client.auth.mfa.verify({ factorId, challengeId, code: app.code() });
    expect(error).toMatchObject({ status: 422, code: 'mfa_ip_address_mismatch' });
    expect((await client.auth.mfa.listFactors()).data?.totp).toEqual([]);
  });

  test('is refused the sixteenth time in a minute', async () => {
    const { client, app } = await enrolledUser();
    for (let i = 0; i < 15; i += 1) await challenge(client, app.factorId);
    const { error } = await client.auth.mfa.challenge({ factorId: app.factorId });
    expect(error).toMatchObject({ status: 429, code: 'over_request_rate_limit' });
    auth.advance(60_000);
    await challenge(client, app.factorId);
  });
});

describe('after fifteen wrong codes in a minute', () => {
  /** Sends wrong codes at once, half of them to each factor. */
  async function guess(client: SupabaseClient, apps: Authenticator[], times: number): Promise<(number | undefined)[]> {
    const { data } = await client.auth.getSession();
    const challenges = await Promise.all(apps.map(({ factorId }) => challenge(client, factorId)));
    const answers = Array.from({ length: times }, (_, index) => {
      const at = index % apps.length;
      return fetch(`${auth.url}/auth/v1/factors/${apps[at]?.factorId}/verify`, {
        method: 'POST',
        headers: { authorization: `Bearer ${data.session?.access_token}` },
        body: JSON.stringify({ challenge_id: challenges[at], code: wrongCode(apps[at] as Authenticator) }),
      });
    });
    return (await Promise.all(answers)).map(({ status }) => status).toSorted();
  }

  test('the right one is refused too, for whichever factor of the user, until the minute has passed', async () => {
    const { client, app } = await enrolledUser();
    const other = await enroll(auth, client, 'tablet');
    expect(await guess(client, [app, other], 20)).toEqual([...Array(15).fill(422), ...Array(5).fill(429)]);
    expect(await attempt(client, app, app.code())).toMatchObject({ status: 429, code: 'over_request_rate_limit' });
    const stranger = await enrolledUser();
    expect(await attempt(stranger.client, stranger.app, stranger.app.code())).toBeNull();
    auth.advance(60_000);
    expect(await attempt(client, app, app.code())).toBeNull();
  });

  test('right ones do not count', async () => {
    const { client, app } = await enrolledUser();
    expect(await attempt(client, app, app.code())).toBeNull();
    expect(await guess(client, [app], 16)).toEqual([...Array(15).fill(422), 429]);
  });
});
