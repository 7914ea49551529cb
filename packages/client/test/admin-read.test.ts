import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TradebaseClient } from '../src/index.ts';
import { asPostgres, asRole } from './support/as-role.ts';
import {
  accessTokenOf,
  anonymous,
  asService,
  grantRole,
  type Persona,
  signUp,
  signUpAdmin,
  withToken,
} from './support/personas.ts';
import { seedMarket } from './support/seed-market.ts';

/** How an admin reads what is others': every read is in the log, and nothing but the granted columns comes out. */
let stack: TestStack;
let trader: Persona;
let second: Persona;
let admin: Persona;
let adminWithoutFactor: Persona;

beforeAll(async () => {
  stack = await startStack();
  await seedMarket(stack);
  [trader, second, admin, adminWithoutFactor] = await Promise.all([
    signUp(stack, 'trader'),
    signUp(stack, 'second'),
    signUpAdmin(stack, 'admin'),
    signUpAdmin(stack, 'careless', 'aal1'),
  ]);
});
afterAll(() => stack?.stop());

type Arguments = {
  p_table: string;
  p_filter?: Record<string, unknown> | null;
  p_limit?: number | null;
  p_offset?: number;
  p_order?: string;
};

function read(client: TradebaseClient, args: Arguments) {
  return client.rpc('admin_read', args as never);
}

function entriesAbout({ client }: Persona) {
  return client.from('audit_log').select('*').eq('action', 'admin.read').order('seq');
}

describe('An admin with a second factor', () => {
  it("reads others' rows, by equality, in order, page by page", async () => {
    const { data, error } = await read(admin.client, { p_table: 'user_roles', p_filter: { user_id: trader.id } });
    expect(error).toBeNull();
    expect(data).toEqual([expect.objectContaining({ user_id: trader.id, role: 'trader' })]);

    const all = await read(admin.client, { p_table: 'user_roles', p_order: 'created_at.desc' });
    const times = (all.data as { created_at: string }[]).map(({ created_at }) => created_at);
    expect(times).toEqual([...times].sort().reverse());
    const pages = await Promise.all(
      [0, 1, 2].map((p_offset) => read(admin.client, { p_table: 'user_roles', p_limit: 1, p_offset })),
    );
    expect(new Set(pages.map(({ data: page }) => (page as { user_id: string }[])[0]?.user_id)).size).toBe(3);
  });

  it('finds nulls, numbers and several columns at once', async () => {
    const { data } = await read(admin.client, {
      p_table: 'user_roles',
      p_filter: { role: 'trader', granted_by: null, user_id: second.id },
    });
    expect(data).toHaveLength(1);
    // A number beside a text: each value is of its own column's type.
    const chain = await read(admin.client, { p_table: 'audit_log', p_filter: { seq: 1, chain: second.id } });
    expect(chain.data).toEqual([expect.objectContaining({ seq: 1, user_id: second.id })]);
    const { data: entries } = await read(admin.client, { p_table: 'audit_log', p_filter: { seq: 1 }, p_limit: 1 });
    expect(entries).toEqual([expect.objectContaining({ seq: 1 })]);
  });

  it('is seen by the user they read about, with what they asked and from where', async () => {
    const watched = await signUp(stack, 'watched');
    await read(admin.client, { p_table: 'user_roles', p_filter: { user_id: watched.id }, p_limit: 5 });
    const { data } = await entriesAbout(watched);
    expect(data).toEqual([
      expect.objectContaining({
        actor: 'admin',
        actor_id: admin.id,
        resource_type: 'user_roles',
        user_id: watched.id,
        details: { filter: { user_id: watched.id }, limit: 5, offset: 0, order: null },
        ip: '127.0.0.1',
      }),
    ]);
  });

  it('is seen by every user whose rows came out of a read that names nobody', async () => {
    const watched = await signUp(stack, 'unnamed');
    await read(admin.client, { p_table: 'user_roles', p_limit: 1000 });
    const { data } = await entriesAbout(watched);
    expect(data).toEqual([expect.objectContaining({ details: expect.objectContaining({ filter: {} }) })]);
  });

  it('leaves in the entry which columns they filtered by, and of their values only ids and states', async () => {
    const watched = await signUp(stack, 'discreet');
    const filter = { id: watched.id, email: 'foo@"bar', name: 'Jane Doe', is_active: true, phone: null };
    await asPostgres(stack, async (client) => {
      await client.query(`
        create table public.with_person (id uuid primary key, email text, name text, is_active boolean, phone text);
        alter table public.with_person enable row level security;
        create policy "Admins can read it" on public.with_person for select to tradebase_admin using ((select private.is_admin()));
        grant select on public.with_person to tradebase_admin;`);
    });
    const { data, error } = await read(admin.client, { p_table: 'with_person', p_filter: filter });
    expect([data, error]).toEqual([[], null]);
    const { data: entries } = await read(admin.client, {
      p_table: 'audit_log',
      p_filter: { action: 'admin.read', resource_type: 'with_person' },
    });
    expect(entries).toEqual([
      expect.objectContaining({
        details: expect.objectContaining({ filter: { ...filter, email: '***', name: '***' } }),
      }),
    ]);
    expect(JSON.stringify(entries)).not.toMatch(/foo|Jane/);
  });

  it('leaves an entry also where there was nothing to read', async () => {
    const nobody = crypto.randomUUID();
    const { data, error } = await read(admin.client, { p_table: 'user_roles', p_filter: { user_id: nobody } });
    expect([data, error]).toEqual([[], null]);
    const { data: entries } = await read(admin.client, {
      p_table: 'audit_log',
      p_filter: { action: 'admin.read', chain: 'system', resource_id: nobody },
    });
    expect(entries).toEqual([
      expect.objectContaining({ user_id: null, details: expect.objectContaining({ filter: { user_id: nobody } }) }),
    ]);
  });

  it('still reads no rows of others directly', async () => {
    const { data } = await admin.client.from('user_roles').select('user_id');
    expect(data).toEqual([{ user_id: admin.id }]);
  });

  it('loses the right with the role, while the token lives', async () => {
    const former = await signUpAdmin(stack, 'former');
    const client = withToken(stack, await accessTokenOf(former.client));
    expect((await read(client, { p_table: 'user_roles', p_limit: 1 })).error).toBeNull();
    await grantRole(stack, former, 'trader');
    expect((await read(client, { p_table: 'user_roles', p_limit: 1 })).error?.code).toBe('forbidden');
  });

  it('loses the right with the session, while the token lives', async () => {
    const former = await signUpAdmin(stack, 'leaver');
    const client = withToken(stack, await accessTokenOf(former.client));
    expect((await read(client, { p_table: 'user_roles', p_limit: 1 })).error).toBeNull();
    await former.client.auth.signOut();
    expect((await read(client, { p_table: 'user_roles', p_limit: 1 })).error?.code).toBe('forbidden');
  });
});

describe('Everybody else', () => {
  it.each([
    ['a trader', () => trader.client, 'forbidden', 403],
    ['an admin without a second factor', () => adminWithoutFactor.client, 'second_factor_required', 403],
    ['an anonymous caller', () => anonymous(stack), '42501', 401],
    ['a server with the secret key', () => asService(stack), '42501', 403],
  ])('is refused: %s', async (_who, client, code, status) => {
    const answer = await read(client(), { p_table: 'user_roles', p_filter: { email: 'foo@"bar' } });
    expect([answer.error?.code, answer.status]).toEqual([code, status]);
    expect(JSON.stringify(answer.error)).not.toContain('foo');
  });

  it('cannot write entries by the helper behind it', async () => {
    const answer = await trader.client.rpc(
      'audit_admin_read' as never,
      { p_table: 'x', p_resource_id: null, p_user_ids: [], p_details: {} } as never,
    );
    expect(answer.status).toBe(404);
  });
});

describe('A read that is not as it should be', () => {
  it.each<[string, Arguments, string, number]>([
    ['a table that is not there', { p_table: 'nothing' }, 'not_found', 404],
    ['a table of another schema', { p_table: 'auth.users' }, 'not_found', 404],
    ['a private table', { p_table: 'audit_chains' }, 'not_found', 404],
    ['a private table, with its schema', { p_table: 'private.audit_chains' }, 'not_found', 404],
    ['a partition', { p_table: 'audit_log_default' }, 'not_found', 404],
    ['a table that admins have no grant on', { p_table: 'without_grant' }, 'not_found', 404],
    ['a view', { p_table: 'roles_view' }, 'not_found', 404],
    ['an index', { p_table: 'user_roles_pkey' }, 'not_found', 404],
    ['a table with more behind it', { p_table: 'user_roles; drop table public.user_roles' }, 'not_found', 404],
    ['a table in quotes', { p_table: '"user_roles"' }, 'not_found', 404],
    ['a column that is not there', { p_table: 'user_roles', p_filter: { nothing: 1 } }, 'invalid_request', 422],
    ['a column not granted', { p_table: 'with_secret', p_filter: { secret: 'hidden' } }, 'invalid_request', 422],
    ['an order by a column not granted', { p_table: 'with_secret', p_order: 'secret' }, 'invalid_request', 422],
    ['a system column', { p_table: 'user_roles', p_filter: { ctid: '(0,1)' } }, 'invalid_request', 422],
    ['a condition for a column', { p_table: 'user_roles', p_filter: { '1=1 or role': 'x' } }, 'invalid_request', 422],
    ['a quote in a column', { p_table: 'user_roles', p_filter: { 'role" = "role': 'x' } }, 'invalid_request', 422],
    ['an expression for an order', { p_table: 'user_roles', p_order: '(select 1)' }, 'invalid_request', 422],
    ['an order with more behind it', { p_table: 'user_roles', p_order: 'role.desc; select 1' }, 'invalid_request', 422],
    ['another direction', { p_table: 'user_roles', p_order: 'role.up' }, 'invalid_request', 422],
    ['a value of another type', { p_table: 'user_roles', p_filter: { user_id: 'me' } }, 'invalid_request', 422],
    ['a list for a value', { p_table: 'user_roles', p_filter: { role: ['a', 'b'] } }, 'invalid_request', 422],
    ['an object for a value', { p_table: 'user_roles', p_filter: { role: { gt: 1 } } }, 'invalid_request', 422],
    ['a column of JSON', { p_table: 'audit_log', p_filter: { details: '{}' } }, 'invalid_request', 422],
    ['a filter that is a list', { p_table: 'user_roles', p_filter: ['role'] as never }, 'invalid_request', 422],
    ['a filter too long', { p_table: 'user_roles', p_filter: { role: 'x'.repeat(9000) } }, 'invalid_request', 422],
    ['too many rows', { p_table: 'user_roles', p_limit: 1001 }, 'invalid_request', 422],
    ['no limit', { p_table: 'user_roles', p_limit: null }, 'invalid_request', 422],
    ['rows before the first', { p_table: 'user_roles', p_offset: -1 }, 'invalid_request', 422],
  ])('is refused: %s', async (_what, args, code, status) => {
    const answer = await read(admin.client, args);
    expect([answer.error?.code, answer.status]).toEqual([code, status]);
  });

  beforeAll(() =>
    asPostgres(stack, async (client) => {
      await client.query(`
        create table public.without_grant (id int primary key);
        create view public.roles_view with (security_invoker = true) as select * from public.user_roles;
        grant select on public.roles_view to tradebase_admin;
        create table public.with_secret (id int primary key, "odd ""name""" text, secret text);
        insert into public.with_secret values (1, 'odd', 'hidden'), (2, 'even', 'hidden');
        alter table public.with_secret enable row level security;
        create policy "Admins can read it" on public.with_secret for select to tradebase_admin
          using ((select private.is_admin()));
        grant select (id, "odd ""name""") on public.with_secret to tradebase_admin;`);
      await client.query(`notify pgrst, 'reload schema'`);
    }),
  );

  it('does not show columns that admins have no grant on, and copes with odd names', async () => {
    const { data, error } = await read(admin.client, {
      p_table: 'with_secret',
      p_filter: { 'odd "name"': 'odd' },
      p_order: 'odd "name".desc',
    });
    expect(error).toBeNull();
    expect(data).toEqual([{ id: 1, 'odd "name"': 'odd' }]);
  });

  it('takes a value as a value, whatever is in it', async () => {
    const { data, error } = await read(admin.client, {
      p_table: 'user_roles',
      p_filter: { role: `x' or role <> '` },
    });
    expect([data, error]).toEqual([[], null]);
  });

  it('is told to use POST when it comes by GET, which could not be logged', async () => {
    const answer = await admin.client.rpc('admin_read', { p_table: 'user_roles' }, { get: true });
    expect([answer.error?.code, answer.status]).toEqual(['method_not_allowed', 405]);
    const head = await admin.client.rpc('admin_read', { p_table: 'user_roles' }, { head: true });
    expect(head.status).toBe(405);
  });

  it('leaves no entry and no role behind when it fails', async () => {
    await asPostgres(stack, (client) =>
      client.query(`create function private.fail() returns boolean language plpgsql as $$ begin raise 'broken'; end $$;
        grant execute on function private.fail() to tradebase_admin;
        create table public.with_failure (id int primary key);
        insert into public.with_failure values (1);
        alter table public.with_failure enable row level security;
        create policy "Fails" on public.with_failure for select to tradebase_admin using (private.fail());
        grant select on public.with_failure to tradebase_admin;
        update public.system_config set value = 'null' where key = 'limits.writes_at_once';`),
    );
    // More of them than PostgREST has connections: each would be met again by one of the reads below.
    const failed = await Promise.all(Array.from({ length: 20 }, () => read(admin.client, { p_table: 'with_failure' })));
    expect(failed.every(({ error }) => error?.message === 'broken')).toBe(true);
    const own = await Promise.all(Array.from({ length: 20 }, () => trader.client.from('user_roles').select('user_id')));
    expect(own.every(({ data }) => data?.length === 1 && data[0]?.user_id === trader.id)).toBe(true);
    const { data } = await read(admin.client, {
      p_table: 'audit_log',
      p_filter: { action: 'admin.read', resource_type: 'with_failure' },
    });
    expect(data).toEqual([]);
  });

  it('gives the caller their own role back within a transaction', async () => {
    const { data } = await admin.client.auth.getClaims();
    const claims = JSON.stringify(data?.claims);
    await asRole(stack, 'authenticator', async (client) => {
      await client.query('begin');
      await client.query(
        `select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)`,
        [claims],
      );
      await client.query(`select * from public.admin_read('user_roles')`);
      expect((await client.query('select current_user as who')).rows).toEqual([{ who: 'authenticated' }]);
      await client.query('savepoint before_failure');
      await expect(client.query(`select * from public.admin_read('with_failure')`)).rejects.toThrow('broken');
      await client.query('rollback to before_failure');
      expect((await client.query('select current_user as who')).rows).toEqual([{ who: 'authenticated' }]);
      // A reader that stops after the first row has not stopped the function halfway.
      expect((await client.query(`select public.admin_read('user_roles') limit 1`)).rowCount).toBe(1);
      expect((await client.query('select current_user as who')).rows).toEqual([{ who: 'authenticated' }]);
      await client.query('rollback');
    });
  });
});
