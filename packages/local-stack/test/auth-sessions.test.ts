import type { Session } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthFixture, startAuthFixture } from './support/auth-fixture.ts';

/** So long that the time a test takes does not count. */
const REUSE_INTERVAL_SECONDS = 300;

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuthFixture({ refreshTokenReuseIntervalSeconds: REUSE_INTERVAL_SECONDS });
});
afterAll(() => auth.stop());

function refresh(token: string) {
  return auth.client().auth.refreshSession({ refresh_token: token });
}

async function refreshed(token: string): Promise<Session> {
  const { data, error } = await refresh(token);
  if (!data.session) throw error;
  return data.session;
}

async function newSession(): Promise<Session> {
  const { client } = await auth.signedUp();
  const { data } = await client.auth.getSession();
  if (!data.session) throw new Error('no session');
  return data.session;
}

const pastInterval = () => auth.advance((REUSE_INTERVAL_SECONDS + 1) * 1000);

describe('refreshing a session', () => {
  test('gives the next refresh token and an access token of the same session', async () => {
    const first = await newSession();
    const second = await refreshed(first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(second.user.id).toBe(first.user.id);
    const [before, after] = [first, second].map(({ access_token }) => claims(access_token));
    expect(after?.session_id).toBe(before?.session_id);
    expect(after?.amr).toEqual(before?.amr);
  });

  test('gives everyone the same token who refreshes at once', async () => {
    const { refresh_token } = await newSession();
    const sessions = await Promise.all(Array.from({ length: 6 }, () => refreshed(refresh_token)));
    expect(new Set(sessions.map((session) => session.refresh_token)).size).toBe(1);
    const rows = await auth.query('select count(*)::integer as count from auth.refresh_tokens where parent = $1', [
      refresh_token,
    ]);
    expect(rows).toEqual([{ count: 1 }]);
  });

  test('forgives a client that lost the answer, however late, as long as nobody used it', async () => {
    const { refresh_token } = await newSession();
    const lost = await refreshed(refresh_token);
    pastInterval();
    const again = await refreshed(refresh_token);
    expect(again.refresh_token).toBe(lost.refresh_token);
  });

  test('hands the active token to an older one within the reuse interval', async () => {
    const first = await newSession();
    const second = await refreshed(first.refresh_token);
    const third = await refreshed(second.refresh_token);
    const again = await refreshed(first.refresh_token);
    expect(again.refresh_token).toBe(third.refresh_token);
  });

  test('ends the session when an older token comes back after the reuse interval', async () => {
    const first = await newSession();
    const second = await refreshed(first.refresh_token);
    const third = await refreshed(second.refresh_token);
    pastInterval();
    expect((await refresh(first.refresh_token)).error).toMatchObject({
      status: 400,
      code: 'refresh_token_already_used',
    });
    expect((await refresh(third.refresh_token)).error).toMatchObject({ code: 'refresh_token_not_found' });
    expect((await auth.client().auth.getUser(third.access_token)).error).toMatchObject({
      name: 'AuthSessionMissingError',
    });
  });

  test('leaves no token of the family good when an older one comes back', async () => {
    const family = [await newSession()];
    for (let i = 0; i < 3; i += 1) family.push(await refreshed(family.at(-1)?.refresh_token ?? ''));
    pastInterval();
    await refresh(family[1]?.refresh_token ?? '');
    for (const { refresh_token, access_token } of family) {
      expect((await refresh(refresh_token)).error).toMatchObject({ code: 'refresh_token_not_found' });
      expect((await auth.client().auth.getUser(access_token)).error).not.toBeNull();
    }
  });

  test('leaves the other sessions of the user alone when one ends so', async () => {
    const { client, email, password } = await auth.signedUp();
    const { data } = await auth.client().auth.signInWithPassword({ email, password });
    const first = data.session?.refresh_token ?? '';
    const second = await refreshed(first);
    await refreshed(second.refresh_token);
    pastInterval();
    await refresh(first);
    expect((await client.auth.getUser()).error).toBeNull();
  });

  test('refuses a token that was never given out', async () => {
    expect((await refresh('abcdefghij01')).error).toMatchObject({ status: 400, code: 'refresh_token_not_found' });
  });

  test('refuses what does not look like a token', async () => {
    expect((await refresh("' or true --")).error).toMatchObject({ status: 400, code: 'validation_failed' });
  });

  test('refuses a user who has been banned since', async () => {
    const { refresh_token, user } = await newSession();
    await auth.admin().auth.admin.updateUserById(user.id, { ban_duration: '1h' });
    expect((await refresh(refresh_token)).error).toMatchObject({ code: 'user_banned' });
  });

  test('carries what the user changed meanwhile', async () => {
    const { refresh_token, user } = await newSession();
    await auth.admin().auth.admin.updateUserById(user.id, { app_metadata: { plan: 'pro' } });
    const { access_token } = await refreshed(refresh_token);
    expect(claims(access_token)?.app_metadata).toEqual({ provider: 'email', providers: ['email'], plan: 'pro' });
  });
});

function claims(token: string): Record<string, unknown> | undefined {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}
