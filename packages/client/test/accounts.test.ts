import { showSecondFactor, startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { asService, grantRole, type Persona, signUp, signUpAs } from './support/personas.ts';
import { signIn } from './support/sign-in.ts';

/** Profiles, plans, accounts elsewhere, and what a deleted user leaves: nothing. */
let stack: TestStack;

beforeAll(async () => {
  stack = await startStack();
});

afterAll(() => stack?.stop());

const newUser = () => signUp(stack, 'owner');

const signUpWith = (data: object) => signUp(stack, 'owner', data);

const profileOf = async ({ client }: Persona) => (await client.from('profiles').select().single()).data;

describe('Signing up', () => {
  it('makes a profile with the names that were given', async () => {
    const user = await signUpWith({ first_name: '  Ada ', last_name: 'Lovelace' });
    expect(await profileOf(user)).toMatchObject({
      user_id: user.id,
      first_name: 'Ada',
      last_name: 'Lovelace',
      display_name: null,
      plan: 'free',
      timezone: 'UTC',
      preferences: {},
      is_active: true,
    });
  });

  it.each([
    ['numbers for names', { first_name: 7, last_name: true }, null],
    ['objects for names', { first_name: { a: 1 }, last_name: ['b'] }, null],
    ['blank names', { first_name: ' \t\n ', last_name: '' }, null],
    ['control characters', { first_name: 'A\u0001d\u001ba\n' }, 'Ada'],
    ['endless names', { first_name: 'x'.repeat(2000) }, 'x'.repeat(100)],
    ["a plan and a role of one's own", { plan: 'institutional', role: 'admin', user_role: 'admin' }, null],
    ['nulls', { first_name: null, last_name: null }, null],
  ])('succeeds with %s', async (_, data, first_name) => {
    const user = await signUpWith(data);
    expect(await profileOf(user)).toMatchObject({ first_name, last_name: null, plan: 'free' });
    const { data: role } = await user.client.from('user_roles').select('role').single();
    expect(role).toEqual({ role: 'trader' });
  });

  it.each(['[1, 2]', '"text"', '5', 'null', null])('succeeds with metadata that is %s', async (metadata) => {
    const { rows } = await asPostgres(stack, (client) =>
      client.query(
        `with made as (insert into auth.users (id, email, raw_user_meta_data) values (gen_random_uuid(), gen_random_uuid() || '@example.com', $1) returning id)
         select id from made`,
        [metadata],
      ),
    );
    const { data } = await asService(stack).from('profiles').select('first_name').eq('user_id', rows[0].id);
    expect(data).toEqual([{ first_name: null }]);
  });
});

describe('A profile', () => {
  it('is changed by its user: names, time zone, language, preferences', async () => {
    const { client, id } = await newUser();
    const change = {
      first_name: 'Grace',
      last_name: 'Hopper',
      display_name: 'Amazing Grace',
      timezone: 'America/New_York',
      locale: 'en-US',
      preferences: { theme: 'dark' },
    };
    const { data, error } = await client.from('profiles').update(change).eq('user_id', id).select().single();
    expect(error).toBeNull();
    expect(data).toMatchObject(change);
  });

  it.each([
    ['a time zone that does not exist', { timezone: 'Mars/Olympus' }, '23514'],
    ['an abbreviation for a time zone', { timezone: 'PST' }, '23514'],
    ['an offset for a time zone', { timezone: '+02:00' }, '23514'],
    ['a time zone of another case', { timezone: 'europe/berlin' }, '23514'],
    ['a language that is none', { locale: 'English!' }, '23514'],
    ['preferences that are a list', { preferences: [1] }, '23514'],
    ['preferences beyond 16 KB', { preferences: { text: 'x'.repeat(20_000) } }, '23514'],
    ['an empty name', { first_name: '' }, '23514'],
    ['a name with a line break', { first_name: 'A\nB' }, '23514'],
    ['another plan', { plan: 'pro' }, '42501'],
    ['an end of its deactivation', { is_active: true }, '42501'],
    ['another owner', { user_id: crypto.randomUUID() }, '42501'],
  ])('does not take %s', async (_, change, code) => {
    const { client, id } = await newUser();
    const { error } = await client
      .from('profiles')
      .update(change as object)
      .eq('user_id', id);
    expect(error?.code).toBe(code);
  });

  it('is not changed by viewers, nor by other users, who do not see it either', async () => {
    const [viewer, other] = await Promise.all([signUpAs(stack, 'viewer', 'viewer'), newUser()]);
    for (const { client } of [viewer, other]) {
      const { data } = await client.from('profiles').update({ first_name: 'X' }).eq('user_id', viewer.id).select();
      expect(data).toEqual([]);
    }
    expect((await viewer.client.from('profiles').select('user_id')).data).toEqual([{ user_id: viewer.id }]);
    expect((await other.client.from('profiles').select().eq('user_id', viewer.id)).data).toEqual([]);
  });
});

describe('An account elsewhere', () => {
  const start = async ({ client }: Persona, p_provider = 'telegram') => {
    const { data, error } = await client.rpc('start_account_link', { p_provider });
    if (error) throw error;
    return data[0]?.code ?? '';
  };
  const finish = (p_code: string, p_external_id: string, p_provider = 'telegram') =>
    asService(stack).rpc('finish_account_link', { p_provider, p_external_id, p_code, p_metadata: { username: 'ada' } });
  const chat = () => crypto.randomUUID();

  it('is linked by the code that is handed over from it, once', async () => {
    const user = await newUser();
    const [code, external_id] = [await start(user), chat()];
    const { data, error } = await finish(code.toLowerCase(), external_id);
    expect(error).toBeNull();
    expect(data).toMatchObject({ user_id: user.id });
    const links = await user.client.from('linked_accounts').select('provider, external_id, metadata');
    expect(links.data).toEqual([{ provider: 'telegram', external_id, metadata: { username: 'ada' } }]);
    const again = await finish(code, chat());
    expect([again.error?.code, again.status]).toEqual(['invalid_link_code', 422]);
  });

  it('is unlinked by its user and by nobody else', async () => {
    const [user, other] = await Promise.all([newUser(), newUser()]);
    await finish(await start(user), chat());
    const { data } = await user.client.from('linked_accounts').select('id').single();
    const unlink = ({ client }: Persona) => client.rpc('unlink_account', { p_linked_account_id: data?.id ?? '' });
    expect((await unlink(other)).error?.code).toBe('not_found');
    expect((await unlink(user)).data).toMatchObject({ id: data?.id });
    const events = await user.client.from('security_events').select('kind').order('id');
    expect(events.data).toEqual([{ kind: 'account_linked' }, { kind: 'account_unlinked' }]);
  });

  it('is not linked by a code that has expired, was replaced, or is for another provider', async () => {
    const user = await newUser();
    const replaced = await start(user);
    const code = await start(user);
    expect((await finish(replaced, chat())).error?.code).toBe('invalid_link_code');
    expect((await finish(code, chat(), 'discord')).error?.code).toBe('invalid_link_code');
    const { data } = await user.client.from('verification_codes').select('attempts').single();
    expect(data).toEqual({ attempts: 1 });
    await asPostgres(stack, (client) =>
      client.query('update public.verification_codes set expires_at = now() where user_id = $1', [user.id]),
    );
    expect((await finish(code, chat())).error?.code).toBe('invalid_link_code');
  });

  it('is not taken from the user to whom it belongs', async () => {
    const [user, other] = await Promise.all([newUser(), newUser()]);
    const external_id = chat();
    await finish(await start(user), external_id);
    const { error, status } = await finish(await start(other), external_id);
    expect([error?.code, status]).toEqual(['account_already_linked', 409]);
    expect((await finish(await start(user), external_id)).data).toMatchObject({ user_id: user.id });
  });

  it('that presents five wrong codes is refused for a while, and others are not', async () => {
    const user = await newUser();
    const guesser = chat();
    for (let attempt = 0; attempt < 5; attempt += 1) await finish('AAAA-AAAA-AAAA-AAAA', guesser);
    const code = await start(user);
    expect((await finish(code, guesser)).error?.code).toBe('rate_limited');
    expect((await finish(code, chat())).error).toBeNull();
  });

  it('is linked once when the code is handed over twice at the same time', async () => {
    const user = await newUser();
    const code = await start(user);
    const answers = await Promise.all([finish(code, chat()), finish(code, chat())]);
    expect(answers.filter(({ error }) => error === null)).toHaveLength(1);
  });

  it("is linked by the operator's server alone", async () => {
    const user = await newUser();
    const code = await start(user);
    const { error } = await user.client.rpc('finish_account_link', {
      p_provider: 'telegram',
      p_external_id: '1',
      p_code: code,
    });
    expect(error?.code).toBe('42501');
    await grantRole(stack, user, 'viewer');
    expect((await user.client.rpc('start_account_link', { p_provider: 'telegram' })).error?.code).toBe('forbidden');
    const unknown = await (await newUser()).client.rpc('start_account_link', { p_provider: 'fax' });
    expect(unknown.error?.code).toBe('invalid_request');
  });
});

describe('Deleting a user', () => {
  it('leaves nothing of theirs', async () => {
    const user = await newUser();
    await showSecondFactor(user.client);
    await user.client.rpc('generate_recovery_codes');
    await user.client.rpc('start_account_link', { p_provider: 'discord' });
    const { data } = await user.client.rpc('start_account_link', { p_provider: 'telegram' });
    await asService(stack).rpc('finish_account_link', {
      p_provider: 'telegram',
      p_external_id: user.id,
      p_code: data?.[0]?.code ?? '',
    });
    await signIn(stack, user, 'wrong horse');
    await signIn(stack, user, user.password, 'Elsewhere/1.0');
    expect((await asService(stack).auth.admin.deleteUser(user.id)).error).toBeNull();
    const { rows } = await asPostgres(stack, (client) => client.query(COUNT_ROWS, [user.id]));
    expect(rows).toEqual([]);
  });

  it('leaves what they did for others as an admin, and not their id', async () => {
    const [admin, user] = [await newUser(), await newUser()];
    const email = `${crypto.randomUUID()}@example.com`;
    const written: [table: string, column: string, of: string][] = [
      ['user_roles', 'granted_by', `user_id = '${user.id}'`],
      ['system_config', 'updated_by', `key = 'retention.audit_log_days'`],
      ['channel_configs', 'updated_by', `channel = 'email'`],
      ['telegram_settings', 'updated_by', `key = 'greeting'`],
      ['waitlist', 'invited_by', `email = '${email}'`],
      ['contact_messages', 'responded_by', `email = '${email}'`],
    ];
    const named = () =>
      asPostgres(stack, async (client) => {
        const selects = written.map(
          ([table, column, of]) => `select ${column} as who from public.${table} where ${of}`,
        );
        return (await client.query(selects.join(' union all '))).rows.map(({ who }) => who);
      });
    await asPostgres(stack, async (client) => {
      await client.query(`
        insert into public.telegram_settings (key, value) values ('greeting', 'Hello');
        insert into public.waitlist (email, source) values ('${email}', 'test');
        insert into public.contact_messages (name, email, message) values ('A', '${email}', 'Hello');`);
      for (const [table, column, of] of written) {
        await client.query(`update public.${table} set ${column} = $1 where ${of}`, [admin.id]);
      }
    });
    expect(await named()).toEqual(written.map(() => admin.id));
    expect((await asService(stack).auth.admin.deleteUser(admin.id)).error).toBeNull();
    expect(await named()).toEqual(written.map(() => null));
  });

  it('is not hindered by attempts that go on meanwhile', async () => {
    const user = await newUser();
    const attempts = Array.from({ length: 8 }, () => signIn(stack, user, 'wrong horse'));
    const deleted = asService(stack).auth.admin.deleteUser(user.id);
    await Promise.all(attempts);
    expect((await deleted).error).toBeNull();
    await asPostgres(stack, (client) => client.query('select private.prune_accounts()'));
    const { rows } = await asPostgres(stack, (client) =>
      client.query('select from public.sign_in_attempts where user_id = $1', [user.id]),
    );
    expect(rows).toEqual([]);
  });
});

/** Every table of this domain that still has a row of a user. */
const COUNT_ROWS = [
  ['profiles', 'user_id'],
  ['user_roles', 'user_id'],
  ['security_events', 'user_id'],
  ['sign_in_attempts', 'user_id'],
  ['known_devices', 'user_id'],
  ['recovery_codes', 'user_id'],
  ['linked_accounts', 'user_id'],
  ['verification_codes', 'user_id'],
  ['events', 'user_id'],
]
  .map(([table, column]) => `select '${table}' as table_name from public.${table} where ${column} = $1`)
  .concat(
    "select 'known_factors' from private.known_factors where user_id = $1",
    "select 'attempt_counters' from private.attempt_counters where subject = $1",
  )
  .join(' union all ');

describe('Pruning', () => {
  it('deletes what is old and keeps what is not', async () => {
    const user = await newUser();
    await signIn(stack, user, 'wrong horse');
    await signIn(stack, user, user.password, 'Elsewhere/1.0');
    await user.client.rpc('start_account_link', { p_provider: 'telegram' });
    await user.client.rpc('start_account_link', { p_provider: 'discord' });
    await asPostgres(stack, async (client) => {
      const longAgo = `now() - interval '3 years'`;
      await client.query(
        `update public.sign_in_attempts set created_at = ${longAgo} where user_id = $1 and kind = 'password'`,
        [user.id],
      );
      await client.query(
        `insert into public.security_events (user_id, kind, created_at) values ($1, 'lockout', ${longAgo})`,
        [user.id],
      );
      await client.query(
        `update public.verification_codes set expires_at = ${longAgo} where user_id = $1 and provider = 'discord'`,
        [user.id],
      );
      await client.query('select private.prune_accounts()');
    });
    const attempts = await user.client.from('sign_in_attempts').select('kind');
    expect(new Set(attempts.data?.map(({ kind }) => kind))).toEqual(new Set(['sign_in']));
    expect((await user.client.from('security_events').select('kind')).data).toEqual([{ kind: 'new_device' }]);
    expect((await user.client.from('verification_codes').select('provider')).data).toEqual([{ provider: 'telegram' }]);
  });

  it('keeps the newest 1,000 events of a user', async () => {
    const user = await newUser();
    await asPostgres(stack, async (client) => {
      await client.query(
        `insert into public.security_events (user_id, kind, created_at)
         select $1, 'session_revoked', now() - n * interval '1 second' from generate_series(1, 1005) n`,
        [user.id],
      );
      await client.query('select private.prune_accounts()');
    });
    const { count } = await user.client.from('security_events').select('*', { count: 'exact', head: true });
    expect(count).toBe(1000);
  });

  it("deletes what Auth's log says of users who are gone, and nothing of those who are there", async () => {
    const [gone, there] = [await newUser(), await newUser()];
    expect((await asService(stack).auth.admin.deleteUser(gone.id)).error).toBeNull();
    const logged = async ({ id, email }: Persona) =>
      asPostgres(stack, async (client) => {
        await client.query('select private.prune_accounts()');
        const { rowCount } = await client.query(
          `select from auth.audit_log_entries e where e.payload::text like '%' || $1 || '%' or e.payload::text like '%' || $2 || '%'`,
          [id, email],
        );
        return rowCount;
      });
    expect(await logged(gone)).toBe(0);
    expect(await logged(there)).toBeGreaterThan(0);
  });

  it("goes on where Auth's log may not be touched, and says so", async () => {
    const user = await newUser();
    const { report, left } = await asPostgres(stack, async (client) => {
      await client.query('begin');
      await client.query(`create function pg_temp.refuse() returns trigger language plpgsql as $$
        begin raise exception 'the log is not yours'; end $$`);
      await client.query(`create trigger refuse before delete on auth.audit_log_entries
        for each statement execute function pg_temp.refuse()`);
      await client.query(
        `insert into public.security_events (user_id, kind, created_at) values ($1, 'lockout', now() - interval '3 years')`,
        [user.id],
      );
      const { rows } = await client.query('select private.run_maintenance() as report');
      const kept = await client.query(
        `select from public.security_events where user_id = $1 and created_at < now() - interval '2 years'`,
        [user.id],
      );
      await client.query('rollback');
      return { report: rows[0].report, left: kept.rowCount };
    });
    expect(report.failed).toEqual({ auth_log_entries: 'the log is not yours' });
    expect(report.done.prune_accounts).toMatchObject({ auth_log_entries: 0, security_events: 1 });
    expect(left).toBe(0);
  });

  it('shows users whose ban has ended as active', async () => {
    const user = await newUser();
    await asService(stack).auth.admin.updateUserById(user.id, { ban_duration: '1h' });
    await asPostgres(stack, async (client) => {
      await client.query(`update auth.users set banned_until = now() where id = $1`, [user.id]);
      // Time ends a ban without a change of the row.
      await client.query(`update public.profiles set is_active = false where user_id = $1`, [user.id]);
      await client.query('select private.prune_accounts()');
    });
    const { data } = await user.client.from('profiles').select('is_active').single();
    expect(data).toEqual({ is_active: true });
  });
});
