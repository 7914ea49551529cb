import { showSecondFactor, startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres, asRole } from './support/as-role.ts';
import { asService, type Persona, signUp } from './support/personas.ts';
import { signIn } from './support/sign-in.ts';

/** Wrong passwords lock an account for a while, and tell nobody anything. */
let stack: TestStack;

const WRONG = 'wrong horse owner';
const NOBODY = '00000000-0000-0000-0000-000000000000';

beforeAll(async () => {
  stack = await startStack();
});

afterAll(() => stack?.stop());

const newUser = () => signUp(stack, 'owner');

async function failTimes(user: Persona, times: number): Promise<void> {
  for (let attempt = 0; attempt < times; attempt += 1) await signIn(stack, user, WRONG);
}

/** Lets time pass for the counters: what began or ends at a time does so earlier. */
async function passTime(user: Persona, seconds: number): Promise<void> {
  await asPostgres(stack, (client) =>
    client.query(
      `update private.attempt_counters set window_started_at = window_started_at - $2 * interval '1 second',
         locked_until = locked_until - $2 * interval '1 second' where subject = $1`,
      [user.id, seconds],
    ),
  );
}

async function counted(user: Persona): Promise<{ failures: number; locked: boolean; attempts: number }> {
  const { rows } = await asPostgres(stack, (client) =>
    client.query(
      `select failures, attempts::int, coalesce(locked_until > now(), false) as locked from private.attempt_counters
       where subject = $1 and kind = 'password'`,
      [user.id],
    ),
  );
  return rows[0];
}

/** What Auth does with its hook. */
async function askHook(name: string, event: object): Promise<Record<string, unknown>> {
  const { rows } = await asRole(stack, 'supabase_auth_admin', (client) =>
    client.query(`select private.${name}($1) as answer`, [event]),
  );
  return rows[0].answer;
}

describe('Five wrong passwords', () => {
  it('lock: the sixth and the right one get the answer that the first got', async () => {
    const user = await newUser();
    const first = await signIn(stack, user, WRONG);
    await failTimes(user, 4);
    const sixth = await signIn(stack, user, WRONG);
    const right = await signIn(stack, user, user.password);
    expect(first.error).toMatchObject({
      status: 400,
      code: 'invalid_credentials',
      message: 'Invalid login credentials',
    });
    for (const { data, error } of [sixth, right]) {
      expect(data.session).toBeNull();
      expect({ ...error, message: error?.message }).toEqual({ ...first.error, message: first.error?.message });
    }
  });

  it('get the answer that an address gets which nobody has, however often', async () => {
    const user = await newUser();
    await failTimes(user, 6);
    const locked = await signIn(stack, user, WRONG);
    const unknown = await signIn(stack, { email: 'nobody@example.com' }, WRONG);
    expect({ ...unknown.error, message: unknown.error?.message }).toEqual({
      ...locked.error,
      message: locked.error?.message,
    });
  });

  it('are four and one again after a right one', async () => {
    const user = await newUser();
    await failTimes(user, 4);
    expect((await signIn(stack, user, user.password)).error).toBeNull();
    await failTimes(user, 4);
    expect((await signIn(stack, user, user.password)).error).toBeNull();
  });

  it('lock for fifteen minutes, and then the count begins anew', async () => {
    const user = await newUser();
    await failTimes(user, 5);
    await passTime(user, 890);
    expect((await signIn(stack, user, user.password)).error).not.toBeNull();
    await passTime(user, 11);
    await failTimes(user, 1);
    expect(await counted(user)).toMatchObject({ failures: 1, locked: false });
    expect((await signIn(stack, user, user.password)).error).toBeNull();
  });

  it('lock where a session guesses them for a change of password, too', async () => {
    const user = await newUser();
    const change = (current_password: string) =>
      user.client.auth.updateUser({ password: 'a brand new password', current_password });
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await change(WRONG)).error).toMatchObject({ code: 'current_password_invalid' });
    }
    expect(await counted(user)).toEqual({ failures: 5, attempts: 5, locked: true });
    expect((await change(user.password)).error).toMatchObject({ code: 'current_password_invalid' });
    expect((await signIn(stack, user, user.password)).error).not.toBeNull();
    await passTime(user, 901);
    expect((await change(user.password)).error).toBeNull();
  });

  it('do not lock when they are more than a window apart', async () => {
    const user = await newUser();
    await failTimes(user, 4);
    await passTime(user, 901);
    await failTimes(user, 1);
    expect((await signIn(stack, user, user.password)).error).toBeNull();
  });

  it('are counted to be as many as they are when ten come at once', async () => {
    const user = await newUser();
    const answers = await Promise.all(Array.from({ length: 10 }, () => signIn(stack, user, WRONG)));
    expect(answers.every(({ error }) => error?.code === 'invalid_credentials')).toBe(true);
    expect(await counted(user)).toEqual({ attempts: 10, failures: 5, locked: true });
    expect((await signIn(stack, user, user.password)).error).not.toBeNull();
    const { data } = await user.client.from('sign_in_attempts').select('outcome').eq('kind', 'password');
    const outcomes = Object.groupBy(data ?? [], ({ outcome }) => outcome);
    expect([outcomes.failed?.length, outcomes.locked?.length]).toEqual([5, 6]);
    const events = await user.client.from('security_events').select('kind').eq('kind', 'lockout');
    expect(events.data).toHaveLength(1);
  });

  it('leave sessions that are open alone, and tell their user', async () => {
    const user = await newUser();
    await failTimes(user, 5);
    expect((await user.client.auth.refreshSession()).error).toBeNull();
    const { data } = await user.client.from('security_events').select('kind, details').single();
    expect(data).toMatchObject({ kind: 'lockout', details: { attempts_at: 'password' } });
    const alerts = await user.client.from('events').select('payload').eq('event', 'alert').single();
    expect(alerts.data?.payload).toMatchObject({ kind: 'security', what: 'lockout' });
  });

  it('lock nobody else out', async () => {
    const [locked, other] = await Promise.all([newUser(), newUser()]);
    await failTimes(locked, 6);
    expect((await signIn(stack, other, other.password)).error).toBeNull();
    const { data } = await other.client.from('sign_in_attempts').select('user_id');
    expect(data?.every(({ user_id }) => user_id === other.id)).toBe(true);
  });

  it('are forgotten with the new password of who recovers it', async () => {
    const user = await newUser();
    await failTimes(user, 6);
    const { data: link } = await asService(stack).auth.admin.generateLink({ type: 'recovery', email: user.email });
    const token_hash = String(link.properties?.hashed_token);
    expect((await user.client.auth.verifyOtp({ type: 'recovery', token_hash })).error).toBeNull();
    expect((await user.client.auth.updateUser({ password: 'a new horse altogether' })).error).toBeNull();
    expect((await signIn(stack, user, 'a new horse altogether')).error).toBeNull();
    const { data } = await user.client.from('security_events').select('kind').eq('kind', 'password_changed');
    expect(data).toHaveLength(1);
  });

  it('are as many as the setting says', async () => {
    const set = (value: number) =>
      asPostgres(stack, (client) =>
        client.query(`update public.system_config set value = to_jsonb($1::int) where key = 'lockout.max_attempts'`, [
          value,
        ]),
      );
    const user = await newUser();
    await set(2);
    await failTimes(user, 2);
    await set(5);
    expect((await signIn(stack, user, user.password)).error).not.toBeNull();
  });
});

describe('Attempts', () => {
  it('are kept to the last 50 of a kind', async () => {
    const user = await newUser();
    for (let attempt = 0; attempt < 60; attempt += 1) {
      await askHook('password_verification_attempt', { user_id: user.id, valid: false });
    }
    const { count } = await user.client
      .from('sign_in_attempts')
      .select('*', { count: 'exact', head: true })
      .eq('kind', 'password');
    expect(count).toBe(50);
  });

  it('at an address that nobody has are counted, bounded, and never refused by the hook', async () => {
    for (let attempt = 0; attempt < 30; attempt += 1) {
      const answer = await askHook('password_verification_attempt', { user_id: NOBODY, valid: false });
      expect(answer).toEqual({ decision: 'continue' });
    }
    const { rows } = await asPostgres(stack, (client) =>
      client.query(
        'select count(*)::int as noted, max(slot) as highest from public.sign_in_attempts where user_id = $1',
        [NOBODY],
      ),
    );
    expect(rows[0].noted).toBe(30);
    expect(rows[0].highest).toBeLessThan(64 * 50);
    const told = await asPostgres(stack, (client) =>
      client.query('select from public.security_events where user_id = $1', [NOBODY]),
    );
    expect(told.rowCount).toBe(0);
  });

  it('that Auth does not say are right count as wrong', async () => {
    const user = await newUser();
    await askHook('password_verification_attempt', { user_id: user.id });
    expect(await counted(user)).toMatchObject({ failures: 1 });
  });
});

describe('Five wrong codes of a second factor', () => {
  it('lock the factor, right codes too, and end no session', async () => {
    const user = await newUser();
    const factor_id = await showSecondFactor(user.client);
    const ask = (valid: boolean) =>
      askHook('mfa_verification_attempt', { user_id: user.id, factor_id, factor_type: 'totp', valid });
    for (let attempt = 0; attempt < 5; attempt += 1) expect(await ask(false)).toEqual({ decision: 'continue' });
    for (const valid of [false, true]) expect(await ask(valid)).toMatchObject({ error: { http_code: 429 } });
    expect((await signIn(stack, user, user.password)).error).toBeNull();
    const { data } = await user.client.from('security_events').select('kind, details').eq('kind', 'lockout').single();
    expect(data).toMatchObject({ details: { attempts_at: 'second_factor' } });
    await passTime(user, 901);
    expect(await ask(true)).toEqual({ decision: 'continue' });
  });
});
