import { startTestDatabase, type TestDatabase } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CATALOGUE_RULES, findCatalogueProblems, findOffenders } from '../check/check-catalogue.ts';

/** That the rules of the house are kept, that each is noticed when it is not, and what the platform's roles may do. */
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

async function names(query: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(query);
  return rows.map(({ name }) => name);
}

describe('The rules for every table, policy and function', () => {
  it('are kept', async () => {
    expect(await findCatalogueProblems(client)).toEqual([]);
  });

  /** By rule: something that breaks it, and what of it is found. */
  const OFFENDERS: Record<string, readonly [statements: string, found: string]> = {
    'row level security': ['create table public.planted (id int primary key)', 'public.planted'],
    'comment on tables': ['create table private.planted (id int primary key)', 'private.planted'],
    'comment on columns': ['create table private.planted (id int primary key)', 'private.planted.id'],
    'explicit grants': ['create table public.planted (id int primary key)', 'public.planted'],
    'nothing for everyone': ['grant select (id) on public.backtests to anon', 'public.backtests'],
    'private tables': ['grant select on private.audit_chains to authenticated', 'private.audit_chains'],
    'index on foreign keys': [
      `create table private.planted (id int primary key, instrument_id int,
         constraint planted_fkey foreign key (instrument_id) references public.instruments);
       create index on private.planted (id, instrument_id);
       create index on private.planted (instrument_id) where id > 0`,
      'private.planted: planted_fkey',
    ],
    'owner in foreign keys': [
      `create table public.planted (id int primary key, user_id uuid, bot_id uuid,
         constraint planted_fkey foreign key (bot_id) references public.bots (id));
       grant insert (bot_id) on public.planted to authenticated`,
      'public.planted: planted_fkey',
    ],
    'owner for good': ['grant update (user_id) on public.backtests to authenticated', 'public.backtests'],
    truncate: ['grant truncate on public.candles to service_role', 'public.candles: service_role'],
    views: ['create view public.planted as select * from public.backtests', 'public.planted'],
    'comment on policies': [
      'create policy planted on public.user_roles for insert to authenticated with check (false)',
      'public.user_roles: planted',
    ],
    'roles of policies': [
      'create policy planted on public.instruments for select using (symbol is not null)',
      'public.instruments: planted',
    ],
    'one policy': [
      'create policy planted on public.events for all to authenticated using (user_id = (select auth.uid()))',
      'public.events: select by authenticated',
    ],
    'questions asked once': [
      'create policy planted on public.user_roles for delete to authenticated using (user_id = auth.uid() and (select private.can_trade()))',
      'public.user_roles: planted',
    ],
    'index on policy columns': [
      'create policy planted on public.user_roles for delete to authenticated using (granted_by = (select auth.uid()))',
      'public.user_roles.granted_by',
    ],
    'no open writes': [
      'create policy planted on public.events for insert to authenticated with check (true)',
      'public.events: planted',
    ],
    'updates checked twice': [
      'create policy planted on public.events for update to authenticated using (user_id = (select auth.uid()))',
      'public.events: planted',
    ],
    'comment on functions': [
      `create function private.planted() returns int language sql set search_path = '' return 1`,
      'private.planted',
    ],
    'empty search path': [
      `create function private.planted() returns int language sql set search_path = 'public' return 1`,
      'private.planted',
    ],
    'no functions for everyone': [
      'create function private.planted() returns int language sql return 1',
      'private.planted',
    ],
    'rights of the caller': [
      'create function public.planted() returns int language sql security definer return 1',
      'public.planted',
    ],
    'row level security of partitions': [
      'alter table partitions.audit_log_default disable row level security',
      'audit_log_default',
    ],
    'way to partitions': ['grant select on partitions.audit_log_default to service_role', 'audit_log_default'],
    'place of partitions': [
      `drop table partitions.audit_log_default; create table public.planted partition of public.audit_log default`,
      'public.planted',
    ],
    'transitions of a status': [
      `create table public.planted (id int primary key, status text);
       insert into private.status_transitions values ('planted', 'a', 'b');
       create trigger check_status after update on public.planted for each row execute function private.check_status()`,
      'public.planted',
    ],
    'transitions of what is there': [`insert into private.status_transitions values ('planted', 'a', 'b')`, 'planted'],
  };

  it.each(CATALOGUE_RULES.map((rule) => [rule.name, rule] as const))('find what breaks: %s', async (name, rule) => {
    const [statements, found] = OFFENDERS[name] ?? ['', 'an offender in this test'];
    await client.query('begin');
    try {
      await client.query(statements);
      expect(await findOffenders(client, rule)).toContain(found);
    } finally {
      await client.query('rollback');
    }
  });

  it('take a sub-select for an answer, and a policy that refuses everyone for none', async () => {
    await client.query('begin');
    try {
      await client.query(`
        create policy planted on public.system_config for select to authenticated
          using (key = any (array(select private.caller_role())) or (select auth.uid())::text = key);
        create policy refusing on public.system_config as restrictive for all using (false)`);
      for (const name of ['questions asked once', 'roles of policies', 'one policy']) {
        const rule = CATALOGUE_RULES.find((candidate) => candidate.name === name);
        expect(rule && (await findOffenders(client, rule)), name).toEqual([]);
      }
    } finally {
      await client.query('rollback');
    }
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
