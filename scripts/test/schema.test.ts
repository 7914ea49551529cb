import { startTestDatabase, type TestDatabase } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Rules of the house that hold for every table and function, read from the catalogue: a new one is checked by itself. */
let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await startTestDatabase();
  client = new pg.Client({ connectionString: database.urlFor('postgres') });
  await client.connect();
});

afterAll(async () => {
  await client?.end();
  await database?.drop();
});

const OUR_TABLES = `
  select n.nspname || '.' || c.relname as name, c.*
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('public', 'private') and c.relkind in ('r', 'p')`;
const OUR_FUNCTIONS = `
  select n.nspname || '.' || p.proname as name, n.nspname, p.*
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname in ('public', 'private')`;

async function names(query: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(query);
  return rows.map(({ name }) => name);
}

describe('Every table', () => {
  it('is found by these rules', async () => {
    expect(await names(`select name from (${OUR_TABLES}) t`)).toContain('public.backtests');
  });

  it('has row level security on', async () => {
    expect(await names(`select name from (${OUR_TABLES}) t where not relrowsecurity`)).toEqual([]);
  });

  it('has a comment, and so has each of its columns', async () => {
    expect(await names(`select name from (${OUR_TABLES}) t where obj_description(t.oid) is null`)).toEqual([]);
    expect(
      await names(`select t.name || '.' || a.attname as name from (${OUR_TABLES}) t join pg_attribute a on a.attrelid = t.oid
        where a.attnum > 0 and not a.attisdropped and col_description(a.attrelid, a.attnum) is null`),
    ).toEqual([]);
  });

  it('grants anonymous callers nothing, and nobody by way of PUBLIC', async () => {
    expect(
      await names(
        `select t.name from (${OUR_TABLES}) t, aclexplode(t.relacl) a where a.grantee in (0, 'anon'::regrole)`,
      ),
    ).toEqual([]);
  });

  it('says in a grant which API roles may use it, if it is exposed', async () => {
    expect(
      await names(`select t.name from (${OUR_TABLES}) t where t.name like 'public.%'
        and not exists (select from pg_attribute c, aclexplode(coalesce(c.attacl, t.relacl)) a
          where c.attrelid = t.oid and a.grantee in ('authenticated'::regrole, 'tradebase_admin'::regrole))`),
    ).toEqual([]);
  });

  it('has an index that begins with the columns of each foreign key', async () => {
    expect(
      await names(`select t.name || ': ' || k.conname as name from (${OUR_TABLES}) t join pg_constraint k on k.conrelid = t.oid
        where k.contype = 'f' and not exists (
          select from pg_index i where i.indrelid = t.oid
            and (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(k.conkey)] @> k.conkey)`),
    ).toEqual([]);
  });

  it('has comments on its policies, which name their roles', async () => {
    expect(
      await names(`select t.name || ': ' || p.polname as name from (${OUR_TABLES}) t join pg_policy p on p.polrelid = t.oid
        where obj_description(p.oid, 'pg_policy') is null or p.polroles = '{0}'`),
    ).toEqual([]);
  });
});

describe('Every function', () => {
  it('has a comment and an empty search path', async () => {
    expect(
      await names(`select name from (${OUR_FUNCTIONS}) f where obj_description(f.oid, 'pg_proc') is null
        or not coalesce(f.proconfig @> '{"search_path=\\"\\""}', false)`),
    ).toEqual([]);
  });

  it('can be executed by nobody by way of PUBLIC', async () => {
    expect(
      await names(`select f.name from (${OUR_FUNCTIONS}) f,
        aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a where a.grantee = 0`),
    ).toEqual([]);
  });

  it('can be executed by no anonymous caller, but for the one that PostgREST calls before every request', async () => {
    expect(
      await names(`select f.name from (${OUR_FUNCTIONS}) f, aclexplode(f.proacl) a where a.grantee = 'anon'::regrole`),
    ).toEqual(['private.check_request']);
  });

  it('that is exposed runs with the rights of its caller', async () => {
    expect(await names(`select name from (${OUR_FUNCTIONS}) f where nspname = 'public' and prosecdef`)).toEqual([]);
  });
});

describe('The queue', () => {
  it('is out of reach of the API roles', async () => {
    expect(
      await names(`select r.rolname as name from pg_roles r where r.rolname in ('anon', 'authenticated', 'service_role', 'authenticator')
        and has_schema_privilege(r.oid, 'pgboss', 'usage')`),
    ).toEqual([]);
  });
});

describe('The role of the migrations', () => {
  it('is no superuser, as on hosted', async () => {
    const { rows } = await client.query('select rolname, rolsuper from pg_roles where rolname = current_user');
    expect(rows).toEqual([{ rolname: 'postgres', rolsuper: false }]);
  });

  it.each([
    ['a table in auth', 'create table auth.mine (id int)'],
    ['a column on auth.users', 'alter table auth.users add column mine int'],
    ['a function in realtime', 'create function realtime.mine() returns int language sql return 1'],
    ['an index on realtime.messages', 'create index mine on realtime.messages (topic)'],
    ['dropping a table of auth', 'drop table auth.users cascade'],
    ['dropping the schema auth', 'drop schema auth cascade'],
    ['renaming the schema auth', 'alter schema auth rename to mine'],
    ['taking a table out of auth', 'alter table auth.users set schema public'],
    ['taking over what Auth owns', 'reassign owned by supabase_auth_admin to postgres'],
    ['a rule on auth.users', 'create rule mine as on insert to auth.users do instead nothing'],
    ['a comment on the schema auth', `comment on schema auth is 'mine'`],
    ['taking an administrator role', 'set role supabase_auth_admin'],
    ['granting itself an administrator role', 'grant supabase_admin to postgres'],
    ['a subscription', `create subscription mine connection 'host=127.0.0.1' publication p with (connect = false)`],
    ['an untrusted language', 'create extension plpython3u'],
  ])('is refused %s', async (_what, statement) => {
    await client.query('begin');
    try {
      await expect(client.query(statement)).rejects.toMatchObject({
        code: expect.stringMatching(/^(42501|0A000|58P01)$/),
      });
    } finally {
      await client.query('rollback');
    }
  });

  it('may create a trigger on auth.users and a policy on realtime.messages', async () => {
    await client.query('begin');
    try {
      await client.query(
        'create trigger mine before update on auth.users for each row execute function private.set_updated_at()',
      );
      await client.query('create policy mine on realtime.messages for select to authenticated using (false)');
      const { rows } = await client.query(`select count(*)::int as made from pg_trigger where tgname = 'mine'`);
      expect(rows).toEqual([{ made: 1 }]);
      await client.query('drop policy mine on realtime.messages');
      await client.query('drop trigger mine on auth.users');
      const memberships = await client.query(
        `select pg_has_role('postgres', 'supabase_auth_admin', 'member') or pg_has_role('postgres', 'supabase_realtime_admin', 'member') as member`,
      );
      expect(memberships.rows).toEqual([{ member: false }]);
    } finally {
      await client.query('rollback');
    }
  });
});
