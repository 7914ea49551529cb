import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AuthFixture, newEmail, startAuthFixture } from './support/auth-fixture.ts';

const PASSWORD = 'correct horse battery';

/** Hooks that do what the one row of hooks.behaviour says, and note what they were told. */
const HOOKS = `
create schema hooks;
create table hooks.behaviour (kind text not null);
insert into hooks.behaviour values ('add_claim');
create table hooks.events (hook text not null, event jsonb not null);
create function hooks.access_token(event jsonb) returns jsonb language plpgsql as $$
declare kind text := (select h.kind from hooks.behaviour h);
begin
  case kind
    when 'add_claim' then
      return jsonb_set(event, '{claims,user_role}', '"trader"');
    when 'drop_claim' then return jsonb_set(event, '{claims}', (event -> 'claims') - 'role');
    when 'refuse' then return '{"error": {"http_code": 403, "message": "No trading on Sundays"}}';
    when 'bare_error' then return '{"error": {}}';
    when 'raise' then raise exception 'the hook broke';
    when 'sleep' then perform pg_sleep(10); return event;
    when 'null' then return null;
    when 'echo' then return jsonb_set(event, '{claims,user_metadata}', event - 'claims');
  end case;
end $$;
create function hooks.password_attempt(event jsonb) returns jsonb language plpgsql as $$
begin
  insert into hooks.events values ('password', event);
  return case (select h.kind from hooks.behaviour h)
    when 'lock' then '{"decision": "reject", "message": "Locked", "should_logout_user": true}'
    when 'undecided' then '{}'
    else '{"decision": "continue"}' end::jsonb;
end $$;
create function hooks.before_user(event jsonb) returns jsonb language sql as $$
  select case when event #>> '{user,email}' like '%@blocked.example'
    then '{"error": {"http_code": 403, "message": "Not this address"}}' else '{}' end::jsonb
$$;
grant usage on schema hooks to supabase_auth_admin;
grant select on hooks.behaviour to supabase_auth_admin;
grant insert on hooks.events to supabase_auth_admin;
grant execute on all functions in schema hooks to supabase_auth_admin;
revoke execute on all functions in schema hooks from public;
`;

const hook = (name: string) => ({ enabled: true, uri: `pg-functions://postgres/hooks/${name}` });

let auth: AuthFixture;
beforeAll(async () => {
  const hooks = {
    custom_access_token: hook('access_token'),
    password_verification_attempt: hook('password_attempt'),
    before_user_created: hook('before_user'),
  };
  auth = await startAuthFixture({ hooks }, { migration: HOOKS });
});
beforeEach(() => behave('add_claim'));
afterAll(() => auth.stop());

async function behave(kind: string): Promise<void> {
  await auth.query('update hooks.behaviour set kind = $1', [kind]);
}

function claims(token = ''): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

describe('the custom access token hook', () => {
  test('adds a claim to every token, refreshed ones too', async () => {
    const { client } = await auth.signedUp();
    const first = await client.auth.getSession();
    expect(claims(first.data.session?.access_token).user_role).toBe('trader');
    const second = await client.auth.refreshSession();
    expect(claims(second.data.session?.access_token).user_role).toBe('trader');
    expect((await client.auth.getUser()).error).toBeNull();
  });

  test('is told the user and how they signed in', async () => {
    const { email, id } = await auth.signedUp();
    await behave('echo');
    const { data } = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(claims(data.session?.access_token).user_metadata).toMatchObject({
      user_id: id,
      authentication_method: 'password',
      metadata: { name: 'custom-access-token' },
    });
  });

  test.each(['drop_claim', 'bare_error', 'raise', 'null'])(
    'that fails (%s) refuses the sign-in and leaves no session',
    async (kind) => {
      const { email, id } = await auth.signedUp();
      const before = await auth.query('select id from auth.sessions where user_id = $1', [id]);
      await behave(kind);
      const { data, error } = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
      expect(data.session).toBeNull();
      expect(error).toMatchObject({ status: 500, message: expect.stringMatching(/hook/i) });
      expect(await auth.query('select id from auth.sessions where user_id = $1', [id])).toEqual(before);
    },
  );

  test('that refuses gives its status and its message', async () => {
    const { email } = await auth.signedUp();
    await behave('refuse');
    const { error } = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(error).toMatchObject({ status: 403, message: 'No trading on Sundays' });
  });

  test('that fails in a refresh does not use the refresh token up', async () => {
    const { client } = await auth.signedUp();
    await behave('refuse');
    const { data } = await client.auth.getSession();
    const refresh_token = data.session?.refresh_token ?? '';
    expect((await auth.client().auth.refreshSession({ refresh_token })).error).not.toBeNull();
    const [row] = await auth.query('select revoked from auth.refresh_tokens where token = $1', [refresh_token]);
    expect(row).toEqual({ revoked: false });
  });

  test('is cut off after two seconds', async () => {
    const { email } = await auth.signedUp();
    await behave('sleep');
    const { error } = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(error).toMatchObject({ status: 422, code: 'hook_timeout' });
  });
});

describe('the password hook', () => {
  const events = async (id: string) => {
    const rows = await auth.query<{ valid: boolean }>(
      `select (event -> 'valid')::boolean as valid from hooks.events where event ->> 'user_id' = $1`,
      [id],
    );
    return rows.map(({ valid }) => valid);
  };

  test('hears of right and wrong passwords, and what it writes stays', async () => {
    const { email, id } = await auth.signedUp();
    await auth.client().auth.signInWithPassword({ email, password: 'not the password' });
    await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(await events(id)).toEqual([false, true]);
  });

  test('refuses the right password and ends the sessions, and its own count still stays', async () => {
    const { client, email, id } = await auth.signedUp();
    await behave('lock');
    const { error } = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
    expect(error).toMatchObject({ status: 400, code: 'invalid_credentials', message: 'Locked' });
    expect(await events(id)).toEqual([true]);
    expect((await client.auth.getUser()).error).toMatchObject({ name: 'AuthSessionMissingError' });
  });
});

test('the password hook that decides nothing refuses the sign-in', async () => {
  const { email } = await auth.signedUp();
  await behave('undecided');
  const { error } = await auth.client().auth.signInWithPassword({ email, password: PASSWORD });
  expect(error).toMatchObject({ status: 500, message: expect.stringContaining('password_verification_attempt') });
});

test('the hook before a sign-up refuses a user, who is then not there', async () => {
  const email = 'someone@blocked.example';
  const { error } = await auth.client().auth.signUp({ email, password: PASSWORD });
  expect(error).toMatchObject({ status: 403, message: 'Not this address' });
  expect(await auth.query('select id from auth.users where email = $1', [email])).toEqual([]);
  expect((await auth.client().auth.signUp({ email: newEmail(), password: PASSWORD })).error).toBeNull();
});

test('a hook that is not a Postgres function keeps Auth from starting', async () => {
  const hooks = { custom_access_token: { enabled: true, uri: 'https://example.com/hook' } };
  await expect(startAuthFixture({ hooks })).rejects.toThrow('pg-functions://');
});
