import { showSecondFactor, startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import {
  accessTokenOf,
  asService,
  grantRole,
  type Persona,
  signUp,
  signUpAdmin,
  withToken,
} from './support/personas.ts';
import { signIn } from './support/sign-in.ts';

/** Roles, plans and activity: given by admins, and taken away at once. */
let stack: TestStack;
let admin: Persona;

beforeAll(async () => {
  stack = await startStack();
  admin = await signUpAdmin(stack, 'admin');
});

afterAll(() => stack?.stop());

const newUser = () => signUp(stack, 'owner');
const setRole = (by: Persona, { id }: Persona, role: string) =>
  by.client.rpc('set_user_role', { p_user_id: id, p_role: role });
const setPlan = (by: Persona, { id }: Persona, plan: string) =>
  by.client.rpc('set_user_plan', { p_user_id: id, p_plan: plan });
const setActive = (by: Persona, { id }: Persona, active: boolean) =>
  by.client.rpc('set_user_active', { p_user_id: id, p_active: active });

async function canWrite({ client, id }: Persona): Promise<boolean> {
  const { data, error } = await client.from('profiles').update({ first_name: 'Ada' }).eq('user_id', id).select();
  if (error) throw error;
  return data.length > 0;
}

async function roleInToken({ client }: Persona): Promise<unknown> {
  const { data } = await client.auth.getClaims();
  return data?.claims.user_role;
}

async function setDefaultRole(role: string): Promise<void> {
  await asPostgres(stack, (client) =>
    client.query(`update public.system_config set value = to_jsonb($1::text) where key = 'accounts.default_role'`, [
      role,
    ]),
  );
}

describe('A role', () => {
  it('that is lower counts at once, one that is higher from the next refresh', async () => {
    const user = await newUser();
    expect(await canWrite(user)).toBe(true);
    expect((await setRole(admin, user, 'viewer')).data).toMatchObject({ role: 'viewer', granted_by: admin.id });
    expect(await canWrite(user)).toBe(false);
    await user.client.auth.refreshSession();
    expect(await roleInToken(user)).toBe('viewer');
    expect((await setRole(admin, user, 'trader')).error).toBeNull();
    expect(await canWrite(user)).toBe(false);
    await user.client.auth.refreshSession();
    expect(await canWrite(user)).toBe(true);
  });

  it('is told to the user, and in the audit log', async () => {
    const user = await newUser();
    await setRole(admin, user, 'viewer');
    await setRole(admin, user, 'viewer');
    const events = await user.client.from('security_events').select('kind, details');
    expect(events.data).toEqual([{ kind: 'role_changed', details: { from: 'trader', to: 'viewer' } }]);
    const { data } = await user.client
      .from('audit_log')
      .select('actor, actor_id, before, after')
      .eq('action', 'user_roles.updated');
    expect(data).toEqual([
      {
        actor: 'admin',
        actor_id: admin.id,
        before: { role: 'trader', granted_by: null },
        after: { role: 'viewer', granted_by: admin.id },
      },
    ]);
  });

  it('cannot be given by users, by admins without a second factor, or by a secret key', async () => {
    const [user, plain] = await Promise.all([newUser(), signUpAdmin(stack, 'plain', 'aal1')]);
    for (const [caller, code] of [
      [user, 'forbidden'],
      [plain, 'second_factor_required'],
    ] as const) {
      const { error, status } = await setRole(caller, user, 'admin');
      expect([error?.code, status]).toEqual([code, 403]);
    }
    expect((await setRole({ ...user, client: asService(stack) }, user, 'admin')).error?.code).toBe('42501');
    const direct = await user.client.from('user_roles').update({ role: 'admin' }).eq('user_id', user.id);
    expect(direct.error?.code).toBe('42501');
    await setRole(admin, plain, 'trader');
  });

  it('of an admin that is taken away ends their powers at once', async () => {
    const [second, user] = await Promise.all([signUpAdmin(stack, 'second'), newUser()]);
    expect((await setRole(second, user, 'viewer')).error).toBeNull();
    expect((await setRole(admin, second, 'trader')).error).toBeNull();
    expect((await setRole(second, user, 'trader')).error?.code).toBe('forbidden');
  });

  it('of the last admin stays', async () => {
    const { error, status } = await setRole(admin, admin, 'trader');
    expect([error?.code, status]).toEqual(['last_admin', 409]);
    expect((await setActive(admin, admin, false)).error?.code).toBe('last_admin');
  });

  it('of one of two admins stays when both are taken away at once', async () => {
    const second = await signUpAdmin(stack, 'second');
    const answers = await Promise.all([setRole(admin, second, 'trader'), setRole(second, admin, 'trader')]);
    const { rows } = await asPostgres(stack, (client) =>
      client.query(`select user_id from public.user_roles where role = 'admin'`),
    );
    expect(rows).toHaveLength(1);
    expect(answers.filter(({ error }) => error === null)).toHaveLength(1);
    await grantRole(stack, admin, 'admin');
    await setRole(admin, second, 'trader');
  });

  it.each([
    ['a role that does not exist', (user: Persona) => setRole(admin, user, 'god'), 'invalid_request'],
    [
      'a user who does not exist',
      () => setRole(admin, { ...admin, id: crypto.randomUUID() }, 'viewer'),
      'user_not_found',
    ],
    ['a plan that does not exist', (user: Persona) => setPlan(admin, user, 'platinum'), 'unknown_plan'],
  ])('or plan is refused for %s', async (_, change, code) => {
    expect((await change(await newUser())).error?.code).toBe(code);
  });

  it.each([
    ['viewer', 'viewer'],
    ['admin', 'viewer'],
    ['nonsense', 'viewer'],
  ])('at sign-up is that of the setting, and never admin: %s gives %s', async (setting, role) => {
    await setDefaultRole(setting);
    const user = await newUser();
    await setDefaultRole('trader');
    expect(await roleInToken(user)).toBe(role);
    expect(await canWrite(user)).toBe(false);
  });
});

describe('A plan', () => {
  it('is changed by admins and by a secret key, not by its user, and sets quotas', async () => {
    const user = await newUser();
    const quota = async () => {
      const { data } = await user.client.rpc('my_quotas');
      return data?.find(({ quota }) => quota === 'backtests_per_hour')?.value;
    };
    expect(await quota()).toBe(10);
    expect((await setPlan(user, user, 'pro')).error?.code).toBe('forbidden');
    expect((await user.client.from('profiles').update({ plan: 'pro' }).eq('user_id', user.id)).error?.code).toBe(
      '42501',
    );
    expect((await setPlan(admin, user, 'pro')).data).toMatchObject({ plan: 'pro' });
    expect(await quota()).toBe(100);
    expect((await setPlan({ ...user, client: asService(stack) }, user, 'institutional')).error).toBeNull();
    expect(await quota()).toBe(1000);
    const { data } = await user.client.from('security_events').select('details').order('id');
    expect(data).toEqual([{ details: { from: 'free', to: 'pro' } }, { details: { from: 'pro', to: 'institutional' } }]);
  });

  it('may set no limit', async () => {
    const user = await newUser();
    await asPostgres(stack, async (client) => {
      await client.query(`insert into public.plans values ('unlimited', 'Unlimited', 'Made for a test')`);
      await client.query(`insert into public.plan_quotas values ('unlimited', 'bots', null, 'bots')`);
    });
    await setPlan(admin, user, 'unlimited');
    const { data } = await user.client.rpc('my_quotas');
    expect(data?.filter(({ quota }) => quota === 'bots' || quota === 'api_keys')).toEqual([
      { quota: 'api_keys', value: 20 },
      { quota: 'bots', value: null },
    ]);
  });
});

describe('A deactivated user', () => {
  it('writes nothing from that moment, is signed out, and cannot sign in', async () => {
    const user = await newUser();
    expect((await setActive(admin, user, false)).data).toMatchObject({ is_active: false });
    expect(await canWrite(user)).toBe(false);
    expect((await user.client.auth.refreshSession()).error).not.toBeNull();
    const again = await signIn(stack, user, user.password);
    expect(again.error?.code).toBe('user_banned');
    expect((await setActive(user, user, true)).error?.code).toBe('forbidden');
  });

  it('signs in again once activated', async () => {
    const user = await newUser();
    await setActive(admin, user, false);
    expect((await setActive(admin, user, true)).data).toMatchObject({ is_active: true });
    const { client, error } = await signIn(stack, user, user.password);
    expect(error).toBeNull();
    expect(await canWrite({ ...user, client })).toBe(true);
    const { data } = await client.from('security_events').select('kind').like('kind', 'account%').order('id');
    expect(data).toEqual([{ kind: 'account_deactivated' }, { kind: 'account_reactivated' }]);
  });

  it('is one whom Auth has banned, too', async () => {
    const user = await newUser();
    await asService(stack).auth.admin.updateUserById(user.id, { ban_duration: '1h' });
    expect(await canWrite(user)).toBe(false);
    const { data } = await user.client.from('profiles').select('is_active').single();
    expect(data).toEqual({ is_active: false });
  });

  it('writes nothing with a session that was opened during the deactivation', async () => {
    const user = await newUser();
    const { data } = await user.client.auth.getClaims();
    await setActive(admin, user, false);
    await asPostgres(stack, (client) =>
      client.query('insert into auth.sessions (id, user_id, created_at) values ($1, $2, now())', [
        data?.claims.session_id,
        user.id,
      ]),
    );
    expect(await canWrite(user)).toBe(false);
    expect((await user.client.rpc('list_sessions')).error?.code).toBe('invalid_token');
  });
});

describe('A user with a second factor', () => {
  it('reads, and writes nothing until it is shown in the session', async () => {
    const user = await newUser();
    await showSecondFactor(user.client);
    const { client } = await signIn(stack, user, user.password);
    expect((await client.from('profiles').select('user_id')).data).toEqual([{ user_id: user.id }]);
    expect(await canWrite({ ...user, client })).toBe(false);
    expect((await client.rpc('start_account_link', { p_provider: 'discord' })).error?.code).toBe('forbidden');
    expect(await canWrite(user)).toBe(true);
  });

  it('writes nothing with a token from before it was shown', async () => {
    const user = await newUser();
    const before = { ...user, client: withToken(stack, await accessTokenOf(user.client)) };
    await showSecondFactor(user.client);
    expect(await canWrite(user)).toBe(true);
    expect(await canWrite(before)).toBe(false);
  });
});

describe('An admin at aal2', () => {
  it('is one no more when an operator takes the factor away, while the token lives', async () => {
    const robbed = await signUp(stack, 'robbed');
    await grantRole(stack, robbed, 'admin');
    await robbed.client.auth.refreshSession();
    await showSecondFactor(robbed.client);
    const user = await newUser();
    expect((await setRole(robbed, user, 'viewer')).error).toBeNull();
    const { admin: auth } = asService(stack).auth;
    const { data } = await auth.mfa.listFactors({ userId: robbed.id });
    await auth.mfa.deleteFactor({ userId: robbed.id, id: data?.factors[0]?.id ?? '' });
    expect((await setRole(robbed, user, 'trader')).error?.code).toBe('second_factor_required');
    const read = await robbed.client.rpc('admin_read', { p_table: 'profiles' });
    expect(read.error?.code).toBe('second_factor_required');
  });

  it('is one no more when the factor is lost and recovered from', async () => {
    const second = await signUpAdmin(stack, 'second');
    const codes = (await second.client.rpc('generate_recovery_codes')).data ?? [];
    const { client } = await signIn(stack, second, second.password);
    expect((await client.rpc('use_recovery_code', { p_code: codes[0] ?? '' })).error).toBeNull();
    const user = await newUser();
    expect((await setRole(second, user, 'viewer')).error?.code).toBe('forbidden');
    expect((await setRole({ ...second, client }, user, 'viewer')).error?.code).toBe('second_factor_required');
    await showSecondFactor(client);
    expect((await setRole({ ...second, client }, user, 'viewer')).error).toBeNull();
  });
});
