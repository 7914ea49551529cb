import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthFixture, startAuthFixture } from './support/auth-fixture.ts';

let auth: AuthFixture;
beforeAll(async () => {
  auth = await startAuthFixture();
});
afterAll(() => auth.stop());

describe('the role postgres, as on hosted,', () => {
  test('may refer to auth.users, and put triggers and policies on it', async () => {
    await auth.query(`
      create table public.shelves (user_id uuid primary key references auth.users (id) on delete cascade, email text);
      create function public.make_profile() returns trigger language plpgsql security definer set search_path = '' as $$
        begin insert into public.shelves values (new.id, new.email); return new; end $$;
      create trigger make_profile after insert on auth.users for each row execute function public.make_profile();
      create policy "Users can read themselves" on auth.users for select to authenticated using (id = (select auth.uid()));
    `);
    const { id, email } = await auth.signedUp();
    expect(await auth.query('select * from public.shelves where user_id = $1', [id])).toEqual([{ user_id: id, email }]);
    await auth.admin().auth.admin.deleteUser(id);
    expect(await auth.query('select * from public.shelves where user_id = $1', [id])).toEqual([]);
    await auth.query('drop trigger make_profile on auth.users; drop policy "Users can read themselves" on auth.users');
  });

  test('may read and delete users', async () => {
    const { id } = await auth.signedUp();
    expect(await auth.query('delete from auth.users where id = $1 returning id', [id])).toEqual([{ id }]);
  });

  test.each([
    'alter table auth.users add column nickname text',
    'alter table auth.users disable row level security',
    'create table auth.extras (id integer)',
    'create index extra_idx on auth.users (created_at)',
    'drop table auth.audit_log_entries',
    'create or replace function auth.uid() returns uuid language sql stable as $$ select null::uuid $$',
    'drop function auth.email()',
    'set role supabase_auth_admin',
  ])('may not: %s', async (statement) => {
    await expect(auth.query(statement)).rejects.toMatchObject({ code: '42501' });
  });
});

test.each(['anon', 'authenticated', 'service_role'])('the role %s sees no table of Auth', async (role) => {
  const rows = await auth.query(
    `select table_name from information_schema.table_privileges where table_schema = 'auth' and grantee in ($1, 'PUBLIC')`,
    [role],
    'supabase_admin',
  );
  expect(rows).toEqual([]);
});

test('everything in the schema belongs to supabase_auth_admin, and every table has row level security', async () => {
  const rows = await auth.query(
    `select relname, relowner::regrole::text as owner, relrowsecurity as rls from pg_class
     where relnamespace = 'auth'::regnamespace and relkind = 'r'
       and (relowner <> 'supabase_auth_admin'::regrole or not relrowsecurity)`,
  );
  expect(rows).toEqual([]);
});

describe.each(['anon', 'authenticated'])('the helper functions, for the role %s,', (role) => {
  const id = '5a3c2b1e-6d5f-4a7b-8c9d-0123456789ab';

  const asRequest = (claims: string) =>
    auth.query(
      `select set_config('request.jwt.claims', '${claims}', true), set_config('role', '${role}', true);
       select auth.uid(), auth.role(), auth.email(), auth.jwt()`,
    );

  test('read the claims of the request', async () => {
    const claims = JSON.stringify({ sub: id, role, email: 'ada@example.com' });
    const rows = await asRequest(claims);
    expect(rows).toEqual([{ uid: id, role, email: 'ada@example.com', jwt: JSON.parse(claims) }]);
  });

  test('are null without a request', async () => {
    const rows = await asRequest('');
    expect(rows).toEqual([{ uid: null, role: null, email: null, jwt: null }]);
  });
});
