import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { anonymous, asService, type Persona, signUp, signUpAdmin } from './support/personas.ts';

/** What admins set while the system runs. */
let stack: TestStack;
let admin: Persona;

beforeAll(async () => {
  stack = await startStack();
  admin = await signUpAdmin(stack, 'admin');
});

afterAll(() => stack?.stop());

const sql = (statement: string, values: unknown[] = []) =>
  asPostgres(stack, (client) => client.query(statement, values));

describe('A setting', () => {
  const change = ({ client }: Persona, key: string, value: unknown) =>
    client.rpc('set_system_config', { p_key: key, p_value: value as never });

  it('is changed by an admin with a second factor, works at once, and is in the audit log', async () => {
    const changed = await change(admin, 'quota.calls_per_minute', 3);
    expect(changed.error).toBeNull();
    expect(changed.data).toMatchObject({ key: 'quota.calls_per_minute', value: 3, updated_by: admin.id });
    const { client } = await signUp(stack, 'limited');
    const quotas = await client.rpc('my_quotas');
    expect(quotas.data).toContainEqual({ quota: 'calls_per_minute', value: 3 });
    const { rows } = await sql(
      `select before, after from public.audit_log where resource_id = 'quota.calls_per_minute' and actor_id = $1`,
      [admin.id],
    );
    expect(rows).toEqual([{ before: { value: 100, updated_by: null }, after: { value: 3, updated_by: admin.id } }]);
  });

  it('is changed by nobody else', async () => {
    const user = await signUp(stack, 'user');
    for (const [persona, code] of [
      [user, 'forbidden'],
      [await signUpAdmin(stack, 'careless', 'aal1'), 'second_factor_required'],
    ] as const) {
      const refused = await change(persona, 'quota.calls_per_minute', 1_000);
      expect([refused.status, refused.error?.code]).toEqual([403, code]);
    }
    for (const client of [anonymous(stack), asService(stack)]) {
      expect((await client.rpc('set_system_config', { p_key: 'x.y', p_value: 1 })).error?.code).toBe('42501');
    }
  });

  it('keeps its type and its bounds', async () => {
    for (const value of ['many', -1, 1e12, [1], true]) {
      const refused = await change(admin, 'quota.calls_per_minute', value);
      expect([refused.status, refused.error?.code], String(value)).toEqual([422, 'invalid_request']);
    }
    await sql(`insert into public.system_config (key, value, description) values ('test.flag', 'true', 'A flag')`);
    for (const value of [1, null, 'true']) {
      expect((await change(admin, 'test.flag', value)).error?.code, String(value)).toBe('invalid_request');
    }
    expect((await change(admin, 'test.flag', false)).data).toMatchObject({ value: false });
    expect((await change(admin, 'quota.calls_per_minute', null)).data).toMatchObject({ value: null });
    expect((await change(admin, 'quota.calls_per_minute', 100)).error).toBeNull();
    expect((await change(admin, 'no.such_setting', 1)).error?.code).toBe('not_found');
  });

  it('may be null where that means no limit or for ever, and nowhere else', async () => {
    await sql(`update public.system_config set value = 'null' where key = 'quota.calls_per_minute'`);
    for (const key of ['quota.bots', 'limits.writes_at_once', 'retention.events_days']) {
      const { rows } = await sql('select value from public.system_config where key = $1', [key]);
      expect((await change(admin, key, null)).data, key).toMatchObject({ value: null });
      expect((await change(admin, key, rows[0].value)).error, key).toBeNull();
    }
    for (const key of [
      'lockout.max_attempts',
      'lockout.window_s',
      'lockout.duration_s',
      'accounts.recovery_code_days',
      'accounts.link_code_s',
      'accounts.default_role',
      'retention.sign_in_attempts_days',
      'retention.security_events_days',
    ]) {
      const refused = await change(admin, key, null);
      expect([refused.status, refused.error?.code], key).toEqual([422, 'invalid_request']);
    }
  });
});
