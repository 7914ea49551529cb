import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AuthFixture, newEmail, startAuthFixture } from './support/auth-fixture.ts';

const NOBODY = '00000000-0000-0000-0000-000000000000';

/** A hook that locks everybody out, notes whom it was asked about, and counts in a sequence, which no rollback undoes. */
const HOOK = `
create schema hooks;
create sequence hooks.calls;
create table hooks.behaviour (kind text not null);
insert into hooks.behaviour values ('continue');
create table hooks.events (user_id uuid not null);
create function hooks.password_attempt(event jsonb) returns jsonb language plpgsql security definer set search_path = '' as $$
begin
  perform nextval('hooks.calls');
  insert into hooks.events values ((event ->> 'user_id')::uuid);
  case (select b.kind from hooks.behaviour b)
    when 'reject' then return '{"decision": "reject", "message": "Locked", "should_logout_user": true}';
    when 'raise' then raise exception 'no such user';
    else return '{"decision": "continue"}';
  end case;
end $$;
grant usage on schema hooks to supabase_auth_admin;
grant execute on all functions in schema hooks to supabase_auth_admin;
`;

let auth: AuthFixture;
beforeAll(async () => {
  const uri = 'pg-functions://postgres/hooks/password_attempt';
  auth = await startAuthFixture(
    { hooks: { password_verification_attempt: { enabled: true, uri } } },
    { migration: HOOK },
  );
});
beforeEach(() => behave('continue'));
afterAll(() => auth.stop());

async function behave(kind: string): Promise<void> {
  await auth.query('update hooks.behaviour set kind = $1', [kind]);
}

async function hookCalls(): Promise<number> {
  const [row] = await auth.query<{ calls: number }>(
    'select case when is_called then last_value else 0 end::integer as calls from hooks.calls',
  );
  return row?.calls ?? 0;
}

async function post(path: string, body: object) {
  const response = await fetch(`${auth.url}/auth/v1${path}`, { method: 'POST', body: JSON.stringify(body) });
  const headers = Object.fromEntries(response.headers);
  return { status: response.status, headers: { ...headers, date: '' }, body: await response.json() };
}

const signIn = (email: string) => post('/token?grant_type=password', { email, password: 'not the password' });

describe('signing in under an address that nobody has', () => {
  test('is answered as a wrong password is, header by header', async () => {
    const { email } = await auth.signedUp();
    expect(await signIn(newEmail())).toEqual(await signIn(email));
  });

  test('asks the hook about nobody, and leaves nothing behind', async () => {
    const before = await hookCalls();
    await signIn(newEmail());
    expect(await hookCalls()).toBe(before + 1);
    expect(await auth.query('select * from hooks.events where user_id = $1', [NOBODY])).toEqual([]);
  });

  test.each(['reject', 'raise'])('does not say what the hook says of nobody (%s)', async (kind) => {
    await behave(kind);
    const { status, body } = await signIn(newEmail());
    expect(status).toBe(400);
    expect(body).toMatchObject({ error_code: 'invalid_credentials', msg: 'Invalid login credentials' });
    expect(auth.logLines).toEqual([]);
  });
});

test('a locked user is told so in the words of the hook, as on hosted', async () => {
  const { email } = await auth.signedUp();
  await behave('reject');
  expect(await signIn(email)).toMatchObject({
    status: 400,
    body: { error_code: 'invalid_credentials', msg: 'Locked' },
  });
});

describe.each([
  ['/recover', {}],
  ['/resend', { type: 'signup' }],
  ['/resend', { type: 'email_change' }],
])('POST %s %j', (path, fields) => {
  test('answers alike whether there is such a user or not', async () => {
    const { email, client } = await auth.signedUp();
    await client.auth.updateUser({ email: newEmail() });
    const known = await post(path, { ...fields, email });
    expect(known).toMatchObject({ status: 200, body: {} });
    expect(await post(path, { ...fields, email: newEmail() })).toEqual(known);
  });
});
