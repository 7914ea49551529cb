import { SECURITY_EVENT_KINDS, SecurityAlert } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { anonymous, type Persona, signUp, withToken } from './support/personas.ts';
import { mintRunnerToken } from './support/runner-token.ts';
import { signIn } from './support/sign-in.ts';

/** A user's sessions: where they are, and how they end. */
let stack: TestStack;

const LAPTOP = 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0';
const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Safari/605.1';

beforeAll(async () => {
  stack = await startStack();
});

afterAll(() => stack?.stop());

const rename = ({ client, id }: Persona, first_name: string) =>
  client.from('profiles').update({ first_name }).eq('user_id', id).select('first_name');

async function onPhone(user: Persona): Promise<Persona> {
  const { client, error } = await signIn(stack, user, user.password, PHONE);
  if (error) throw error;
  return { ...user, client };
}

async function sessionId({ client }: Persona): Promise<string> {
  const { data } = await client.auth.getClaims();
  return String(data?.claims.session_id);
}

describe('The list of sessions', () => {
  it("has one's own, says where they are, and which is calling", async () => {
    const [user] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
    const phone = await onPhone(user);
    const { data, error } = await user.client.rpc('list_sessions');
    expect(error).toBeNull();
    expect(data?.map(({ id, current }) => [id, current]).sort()).toEqual(
      [
        [await sessionId(user), true],
        [await sessionId(phone), false],
      ].sort(),
    );
    expect(data?.find(({ current }) => !current)).toMatchObject({ user_agent: PHONE, aal: 'aal1' });
  });

  it('is nothing for a runner', async () => {
    const user = await signUp(stack, 'owner');
    const [sessionId, apiKeyId] = [crypto.randomUUID(), crypto.randomUUID()];
    const token = await mintRunnerToken(stack, { sessionId, userId: user.id, apiKeyId, permissions: [] });
    const runner = withToken(stack, token);
    for (const call of [runner.rpc('list_sessions'), runner.rpc('revoke_other_sessions')]) {
      const { error, status } = await call;
      expect([error?.code, status]).toEqual(['invalid_token', 401]);
    }
  });

  it('is nothing for those without a living session', async () => {
    const user = await signUp(stack, 'owner');
    await user.client.rpc('revoke_session', { p_session_id: await sessionId(user) });
    const { error, status } = await user.client.rpc('list_sessions');
    expect([error?.code, status]).toEqual(['invalid_token', 401]);
    expect((await anonymous(stack).rpc('list_sessions')).error?.code).toBe('42501');
  });
});

describe('A revoked session', () => {
  it('writes nothing from that moment, and is not refreshed', async () => {
    const user = await signUp(stack, 'owner');
    const phone = await onPhone(user);
    expect((await rename(phone, 'Phone')).data).toHaveLength(1);
    const { error } = await user.client.rpc('revoke_session', { p_session_id: await sessionId(phone) });
    expect(error).toBeNull();
    expect((await rename(phone, 'Thief')).data).toEqual([]);
    expect((await phone.client.auth.refreshSession()).error).not.toBeNull();
    expect((await rename(user, 'Owner')).data).toEqual([{ first_name: 'Owner' }]);
    const events = await user.client.from('security_events').select('kind, details').eq('kind', 'session_revoked');
    expect(events.data).toMatchObject([{ details: { user_agent: PHONE } }]);
  });

  it('writes nothing after its end, which Auth may have set', async () => {
    const user = await signUp(stack, 'timed');
    expect((await rename(user, 'Before')).data).toHaveLength(1);
    await asPostgres(stack, (client) =>
      client.query('update auth.sessions set not_after = now() where user_id = $1', [user.id]),
    );
    expect((await rename(user, 'After')).data).toEqual([]);
  });

  it("cannot be another user's", async () => {
    const [user, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
    const { error, status } = await other.client.rpc('revoke_session', { p_session_id: await sessionId(user) });
    expect([error?.code, status]).toEqual(['session_not_found', 404]);
    expect((await user.client.auth.refreshSession()).error).toBeNull();
  });

  it('ends with all others at once', async () => {
    const user = await signUp(stack, 'owner');
    const phones = await Promise.all([onPhone(user), onPhone(user)]);
    expect((await user.client.rpc('revoke_other_sessions')).data).toBe(2);
    expect((await user.client.rpc('revoke_other_sessions')).data).toBe(0);
    for (const phone of phones) expect((await rename(phone, 'Thief')).data).toEqual([]);
    expect((await user.client.auth.refreshSession()).error).toBeNull();
  });
});

describe('A sign-in', () => {
  const alerts = async ({ client }: Persona) => {
    const { data } = await client.from('events').select('payload').eq('event', 'alert');
    return data?.map(({ payload }) => payload);
  };

  it('from the first device is no alert, from a new one it is, once', async () => {
    const user = await signUp(stack, 'owner');
    expect(await alerts(user)).toEqual([]);
    await onPhone(user);
    await onPhone(user);
    expect(await alerts(user)).toMatchObject([
      { kind: 'security', what: 'new_device', details: { user_agent: PHONE } },
    ]);
    const { data: event } = await user.client.from('events').select('seq, payload').eq('event', 'alert').single();
    const alert = SecurityAlert.safeParse({ ...Object(event?.payload), seq: event?.seq });
    expect(alert.success).toBe(true);
    const raised = await user.client.from('alert_history').select('id, alert_type, channels, metadata').single();
    expect(raised.data).toMatchObject({
      id: alert.data?.alert_id,
      alert_type: 'security',
      channels: ['email'],
      metadata: { security_event_id: alert.data?.id, what: 'new_device' },
    });
    const messages = await user.client.from('messages').select('priority, channels, status').single();
    expect(messages.data).toEqual({ priority: 'high', channels: ['email'], status: 'pending' });
    const { data } = await user.client.from('known_devices').select('user_agent');
    expect(data).toHaveLength(2);
  });

  it('from a newer version of a program is from the same device', async () => {
    const user = await signUp(stack, 'owner');
    await signIn(stack, user, user.password, LAPTOP);
    await signIn(stack, user, user.password, LAPTOP.replace('140.0', '141.0.2'));
    expect(await alerts(user)).toHaveLength(1);
  });

  it('is noted with the time and the place', async () => {
    const user = await signUp(stack, 'owner');
    await signIn(stack, user, user.password, LAPTOP);
    const { data } = await user.client
      .from('sign_in_attempts')
      .select('outcome, user_agent, ip')
      .eq('kind', 'sign_in')
      .order('created_at', { ascending: false });
    expect(data).toHaveLength(2);
    expect(data?.[0]).toMatchObject({
      outcome: 'succeeded',
      user_agent: LAPTOP,
      ip: expect.stringMatching(/127\.0\.0\.1|::1/),
    });
    const profile = await user.client.from('profiles').select('last_sign_in_at').single();
    expect(Date.parse(profile.data?.last_sign_in_at ?? '')).toBeGreaterThan(Date.now() - 60_000);
  });

  it('is not kept out by notes that cannot be taken', async () => {
    const user = await signUp(stack, 'owner');
    await asPostgres(stack, async (client) => {
      await client.query('begin');
      await client.query('select from public.profiles where user_id = $1 for update', [user.id]);
      expect((await signIn(stack, user, user.password, LAPTOP)).error).toBeNull();
      await client.query('rollback');
      await client.query('begin');
      await client.query('select from private.event_counters where user_id = $1 for update', [user.id]);
      await client.query('lock table public.events in exclusive mode');
      expect((await signIn(stack, user, user.password, PHONE)).error).toBeNull();
      await client.query('rollback');
    });
    const { data } = await user.client.from('security_events').select('kind');
    expect(data).toEqual([{ kind: 'new_device' }]);
    expect(await alerts(user)).toEqual([]);
  });

  it('remembers 50 devices at most', async () => {
    const user = await signUp(stack, 'owner');
    await asPostgres(stack, (client) =>
      client.query(
        `select private.note_device($1, 'Browser ' || repeat('x', n), '127.0.0.1', now() + n * interval '1 second') from generate_series(1, 60) n`,
        [user.id],
      ),
    );
    const { data } = await user.client.from('known_devices').select('user_agent');
    expect(data).toHaveLength(50);
  });
});

describe('The kinds of security events', () => {
  it('are those of the contract', async () => {
    const { rows } = await asPostgres(stack, (client) =>
      client.query(
        `select pg_get_constraintdef(oid) as definition from pg_constraint where conname = 'security_events_kind_check'`,
      ),
    );
    const kinds = [...rows[0].definition.matchAll(/'([a-z_]+)'/g)].map(([, kind]) => kind);
    expect(kinds.sort()).toEqual([...SECURITY_EVENT_KINDS].sort());
  });
});
