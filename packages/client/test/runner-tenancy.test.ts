import { mintToken, startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TradebaseClient } from '../src/index.ts';
import { asPostgres } from './support/as-role.ts';
import { liftLimits } from './support/lift-limits.ts';
import { asService, type Persona, signUp, withToken } from './support/personas.ts';
import { mintRunnerToken } from './support/runner-token.ts';
import { seedMarket } from './support/seed-market.ts';

/** What a runner may read and hear, and until when. */
let stack: TestStack;
let owner: Persona;
let other: Persona;

beforeAll(async () => {
  stack = await startStack();
  await Promise.all([liftLimits(stack), seedMarket(stack)]);
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
  // A table that runners may read, as a later migration makes it: a policy on the tenant, and one row a user.
  await asPostgres(stack, async (client) => {
    await client.query(`
      create table public.runner_probe (user_id uuid primary key);
      alter table public.runner_probe enable row level security;
      grant select, insert on public.runner_probe to authenticated;
      create policy "Tenants can read" on public.runner_probe for select to authenticated
        using (user_id = (select private.tenant_id()));
      create policy "Users can write" on public.runner_probe for insert to authenticated
        with check (user_id = (select auth.uid()) and (select private.can_trade()));
      notify pgrst, 'reload schema'`);
    await client.query('insert into public.runner_probe values ($1), ($2)', [owner.id, other.id]);
  });
  // PostgREST knows the table once it knows that the row is there.
  const insertAgain = () => owner.client.from('runner_probe' as never).insert({ user_id: owner.id } as never);
  await vi.waitUntil(async () => (await insertAgain()).error?.code === '23505', { timeout: 60_000 });
});

afterAll(() => stack?.stop());

function sql(statement: string, values: unknown[] = []) {
  return asPostgres(stack, (client) => client.query(statement, values));
}

interface Runner {
  readonly sessionId: string;
  readonly apiKeyId: string;
  readonly client: TradebaseClient;
}

/** A runner that has connected with a new key of the user. */
async function connect(user: Persona, permissions = ['runner:connect', 'data:read']): Promise<Runner> {
  const { data, error } = await user.client.rpc('create_api_key', { p_name: 'runner', p_permissions: permissions });
  if (error) throw error;
  const { rows } = await sql(
    `insert into public.runner_sessions (user_id, api_key_id, machine_id) values ($1, $2, 'machine') returning id`,
    [user.id, data.id],
  );
  return withClient(user, rows[0].id, String(data.id), permissions);
}

async function withClient(user: Persona, sessionId: string, apiKeyId: string, permissions: string[]): Promise<Runner> {
  const token = await mintRunnerToken(stack, { sessionId, userId: user.id, apiKeyId, permissions });
  return { sessionId, apiKeyId, client: withToken(stack, token) };
}

/** Whose rows a caller sees. */
async function tenantsSeen(client: TradebaseClient): Promise<string[]> {
  const { data, error } = await client.from('runner_probe' as never).select('user_id');
  if (error) throw error;
  return (data as { user_id: string }[]).map(({ user_id }) => user_id);
}

async function command(sessionId: string, userId: string, type = 'ping'): Promise<number> {
  const { rows } = await sql(
    'insert into public.runner_commands (runner_session_id, user_id, type) values ($1, $2, $3) returning seq::int',
    [sessionId, userId, type],
  );
  return rows[0].seq;
}

describe('A live runner', () => {
  it("reads its owner's rows, and nobody else's", async () => {
    const runner = await connect(owner);
    expect(await tenantsSeen(runner.client)).toEqual([owner.id]);
    expect(await tenantsSeen(owner.client)).toEqual([owner.id]);
  });

  it('writes nothing, not even as its owner', async () => {
    const runner = await connect(owner, ['runner:connect', 'runner:execute', 'data:read']);
    for (const user_id of [owner.id, runner.sessionId]) {
      const { error } = await runner.client.from('runner_probe' as never).insert({ user_id } as never);
      expect(error?.code).toBe('42501');
    }
    const backtest = { p_symbol: 'ACME', p_timeframe: '1d', p_strategy: { name: 'sma-cross' } };
    expect((await runner.client.rpc('create_backtest', backtest)).error).not.toBeNull();
    const created = await runner.client.rpc('create_api_key', { p_name: 'more', p_permissions: ['data:read'] });
    expect(created.error?.code).toBe('forbidden');
    const revoked = await runner.client.rpc('revoke_api_key', { p_api_key_id: runner.apiKeyId });
    expect(revoked.error?.code).toBe('forbidden');
  });

  it("sees no keys, roles or events of its owner's", async () => {
    const { client } = await connect(owner, ['runner:connect', 'runner:execute', 'data:read']);
    expect((await client.from('api_keys').select('id')).data).toEqual([]);
    expect((await client.from('user_roles').select()).data).toEqual([]);
    expect((await client.from('audit_log').select()).data).toEqual([]);
  });

  it.each([
    [['runner:connect'], 0],
    [['data:read'], 1],
    [['runner:execute'], 1],
  ])('with a key for %j reads rows of %i users', async (permissions, users) => {
    expect(await tenantsSeen((await connect(owner, permissions)).client)).toHaveLength(users);
  });

  it('can do what its key allows', async () => {
    const { sessionId, apiKeyId } = await connect(owner, ['runner:connect', 'runner:execute']);
    const claims = JSON.stringify({
      sub: sessionId,
      app_metadata: { user_id: owner.id, api_key_id: apiKeyId, epoch: 1 },
    });
    const { rows } = await asPostgres(stack, async (client) => {
      await client.query(`select set_config('request.jwt.claims', $1, false)`, [claims]);
      return client.query(`select p, private.runner_can(p) from unnest(array['runner:execute', 'data:read']) p`);
    });
    expect(rows.map(({ runner_can }) => runner_can)).toEqual([true, false]);
  });

  it('sees its own session and commands, and not those of another runner of its owner', async () => {
    const [mine, sibling] = [await connect(owner, ['runner:connect']), await connect(owner)];
    await command(mine.sessionId, owner.id);
    await command(sibling.sessionId, owner.id);
    expect((await mine.client.from('runner_sessions').select('id')).data).toEqual([{ id: mine.sessionId }]);
    expect((await mine.client.from('runner_commands').select('runner_session_id')).data).toEqual([
      { runner_session_id: mine.sessionId },
    ]);
    const ownersView = await owner.client.from('runner_commands').select('runner_session_id');
    expect(ownersView.data?.map((row) => row.runner_session_id)).toEqual(
      expect.arrayContaining([mine.sessionId, sibling.sessionId]),
    );
    expect((await other.client.from('runner_sessions').select('id')).data).toEqual([]);
  });
});

describe('A runner reads nothing', () => {
  const seesNothing = async ({ client }: Runner) => {
    expect(await tenantsSeen(client)).toEqual([]);
    expect((await client.from('runner_sessions').select('id')).data).toEqual([]);
    expect((await client.from('runner_commands').select('seq')).data).toEqual([]);
  };

  it('at once when its key is revoked, and its session and commands are over', async () => {
    const runner = await connect(owner);
    await command(runner.sessionId, owner.id);
    expect(await tenantsSeen(runner.client)).toEqual([owner.id]);
    const { error } = await owner.client.rpc('revoke_api_key', { p_api_key_id: runner.apiKeyId });
    expect(error).toBeNull();
    await seesNothing(runner);
    const session = await owner.client
      .from('runner_sessions')
      .select('status, disconnected_at, runner_commands(status)')
      .eq('id', runner.sessionId)
      .single();
    expect(session.data).toMatchObject({ status: 'revoked', runner_commands: [{ status: 'expired' }] });
    expect(session.data?.disconnected_at).not.toBeNull();
  });

  it('when its key has expired', async () => {
    const runner = await connect(owner);
    await sql(`update public.api_keys set expires_at = now() - interval '1 second' where id = $1`, [runner.apiKeyId]);
    await seesNothing(runner);
  });

  it('while its session is not connected', async () => {
    const runner = await connect(owner);
    await sql(`update public.runner_sessions set status = 'disconnected' where id = $1`, [runner.sessionId]);
    await seesNothing(runner);
    await sql(`update public.runner_sessions set status = 'connected' where id = $1`, [runner.sessionId]);
    expect(await tenantsSeen(runner.client)).toEqual([owner.id]);
  });

  it('while its owner is banned, and nothing once its owner is gone', async () => {
    const leaving = await signUp(stack, 'leaving');
    const runner = await connect(leaving);
    await command(runner.sessionId, leaving.id);
    const admin = asService(stack).auth.admin;
    await admin.updateUserById(leaving.id, { ban_duration: '1h' });
    await seesNothing(runner);
    await admin.updateUserById(leaving.id, { ban_duration: 'none' });
    expect((await admin.deleteUser(leaving.id)).error).toBeNull();
    await seesNothing(runner);
    const { rows } = await sql(
      `select (select count(*)::int from public.api_keys where user_id = $1) as keys,
         (select count(*)::int from public.runner_sessions where user_id = $1) as sessions,
         (select count(*)::int from public.runner_commands where user_id = $1) as commands`,
      [leaving.id],
    );
    expect(rows).toEqual([{ keys: 0, sessions: 0, commands: 0 }]);
  });

  it('with a token that names another user, another key or another session than is true', async () => {
    const [mine, foreign] = [await connect(owner), await connect(other)];
    const sibling = await connect(owner);
    const forgeries: [Persona, string, string][] = [
      [other, mine.sessionId, mine.apiKeyId],
      [other, mine.sessionId, foreign.apiKeyId],
      [owner, mine.sessionId, sibling.apiKeyId],
      [owner, foreign.sessionId, mine.apiKeyId],
      [owner, crypto.randomUUID(), mine.apiKeyId],
    ];
    for (const [user, sessionId, apiKeyId] of forgeries) {
      await seesNothing(await withClient(user, sessionId, apiKeyId, ['data:read']));
    }
    for (const app_metadata of [{ api_key_id: mine.apiKeyId }, { api_key_id: null, user_id: owner.id }]) {
      const token = await mintToken(stack.keys, { sub: mine.sessionId, app_metadata });
      await seesNothing({ ...mine, client: withToken(stack, token) });
    }
  });

  it('with a token whose subject is a user and not a session', async () => {
    const { apiKeyId } = await connect(owner);
    const disguised = await withClient(owner, owner.id, apiKeyId, ['data:read']);
    expect(await tenantsSeen(disguised.client)).toEqual([]);
  });
});

describe('A runner session', () => {
  it("cannot hang under another user's key, nor a command under another user's session", async () => {
    const [mine, foreign] = [await connect(owner), await connect(other)];
    const session = sql(`insert into public.runner_sessions (user_id, api_key_id, machine_id) values ($1, $2, 'm')`, [
      owner.id,
      foreign.apiKeyId,
    ]);
    await expect(session).rejects.toMatchObject({ code: '23503' });
    await expect(command(mine.sessionId, other.id)).rejects.toMatchObject({ code: '23503' });
  });

  it('is written by no user, runner or server through the API', async () => {
    const runner = await connect(owner);
    for (const client of [owner.client, runner.client, asService(stack)]) {
      const change = await client.from('runner_sessions').update({ status: 'error' }).eq('id', runner.sessionId);
      expect(change.error?.code).toBe('42501');
      const row = { runner_session_id: runner.sessionId, seq: 1, type: 'ping' };
      expect((await client.from('runner_commands').insert(row)).error?.code).toBe('42501');
      expect((await client.from('runner_sessions').delete().eq('id', runner.sessionId)).error?.code).toBe('42501');
    }
  });

  it('that is revoked stays so', async () => {
    const { sessionId } = await connect(owner);
    await sql(`update public.runner_sessions set status = 'revoked' where id = $1`, [sessionId]);
    for (const status of ['connected', 'disconnected', 'error']) {
      const back = sql(`update public.runner_sessions set status = $2, error = $3 where id = $1`, [
        sessionId,
        status,
        status === 'error' ? '{}' : null,
      ]);
      await expect(back).rejects.toThrow(/invalid_transition/);
    }
  });

  it('is one of 50 at most that are connected', async () => {
    const crowd = await signUp(stack, 'crowd');
    const { apiKeyId, sessionId } = await connect(crowd);
    const more = (count: number) =>
      sql(
        `insert into public.runner_sessions (user_id, api_key_id, machine_id) select $1, $2, gen_random_uuid() from generate_series(1, $3)`,
        [crowd.id, apiKeyId, count],
      );
    await more(49);
    await expect(more(1)).rejects.toThrow(/quota_exceeded/);
    await sql(`update public.runner_sessions set status = 'disconnected' where id = $1`, [sessionId]);
    await more(1);
  });

  it('that ended longer ago than the setting says is pruned with its commands', async () => {
    const { sessionId } = await connect(owner);
    await command(sessionId, owner.id);
    await sql(
      `update public.runner_sessions set status = 'disconnected', disconnected_at = now() - interval '91 days' where id = $1`,
      [sessionId],
    );
    const { rows } = await sql('select private.prune_runner_sessions()::int as pruned');
    expect(rows).toEqual([{ pruned: 1 }]);
    expect((await owner.client.from('runner_commands').select('seq').eq('runner_session_id', sessionId)).data).toEqual(
      [],
    );
  });
});

describe('Commands to a runner', () => {
  it('are numbered without gaps in the order of their commits, also when many are given at a time', async () => {
    const { sessionId } = await connect(owner);
    const numbers = await Promise.all(Array.from({ length: 20 }, () => command(sessionId, owner.id)));
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  });

  it('name a bot, but for ping and emergency_stop', async () => {
    const { sessionId } = await connect(owner);
    await expect(command(sessionId, owner.id, 'start_bot')).rejects.toMatchObject({ code: '23514' });
    expect(await command(sessionId, owner.id, 'emergency_stop')).toBe(1);
  });

  it('go from queued to acknowledged by way of delivery, back to the queue when nobody answers, and never from an end', async () => {
    const { sessionId } = await connect(owner);
    const seq = await command(sessionId, owner.id);
    const become = (status: string) =>
      sql('update public.runner_commands set status = $3 where runner_session_id = $1 and seq = $2', [
        sessionId,
        seq,
        status,
      ]);
    await expect(become('acknowledged')).rejects.toThrow(/invalid_transition/);
    for (const status of ['delivered', 'queued', 'delivered', 'acknowledged']) await become(status);
    for (const status of ['queued', 'delivered', 'expired', 'failed']) await expect(become(status)).rejects.toThrow();
  });

  it('are 200 at most that are not done', async () => {
    const { sessionId } = await connect(owner);
    const more = (count: number) =>
      sql(
        `insert into public.runner_commands (runner_session_id, user_id, type) select $1, $2, 'ping' from generate_series(1, $3)`,
        [sessionId, owner.id, count],
      );
    await more(200);
    await expect(more(1)).rejects.toThrow(/quota_exceeded/);
  });
});

describe('A private topic', () => {
  const topicOf = (client: TradebaseClient, topic: string) =>
    new Promise<string>((resolve) => {
      client.channel(topic, { config: { private: true } }).subscribe((status) => resolve(status));
    });

  it('of a runner is heard by that runner alone, while it is live', async () => {
    const [mine, sibling] = [await connect(owner), await connect(owner)];
    const topic = `runner:${mine.sessionId}`;
    expect(await topicOf(mine.client, topic)).toBe('SUBSCRIBED');
    for (const client of [sibling.client, owner.client, other.client]) {
      expect(await topicOf(client, topic)).toBe('CHANNEL_ERROR');
    }
    await owner.client.rpc('revoke_api_key', { p_api_key_id: mine.apiKeyId });
    const again = await withClient(owner, mine.sessionId, mine.apiKeyId, []);
    expect(await topicOf(again.client, topic)).toBe('CHANNEL_ERROR');
  });

  it('of a user is heard by that user, a viewer too, and by no runner', async () => {
    const runner = await connect(owner);
    expect(await topicOf(owner.client, `user:${owner.id}`)).toBe('SUBSCRIBED');
    await sql(`update public.user_roles set role = 'viewer' where user_id = $1`, [other.id]);
    expect(await topicOf(other.client, `user:${other.id}`)).toBe('SUBSCRIBED');
    await sql(`update public.user_roles set role = 'trader' where user_id = $1`, [other.id]);
    for (const topic of [`user:${owner.id}`, `user:${runner.sessionId}`]) {
      expect(await topicOf(runner.client, topic)).toBe('CHANNEL_ERROR');
    }
  });

  it('that is of nobody, or of no known kind, is heard by nobody', async () => {
    for (const topic of ['run:', 'run:nonsense', 'runner:', 'user:', 'user', 'else:where', owner.id]) {
      expect(await topicOf(owner.client, topic), topic).toBe('CHANNEL_ERROR');
    }
  });

  it('is guarded by one policy', async () => {
    const { rows } = await sql(`select polname from pg_policy where polrelid = 'realtime.messages'::regclass`);
    expect(rows).toEqual([{ polname: 'Users and runners can listen to their own topics' }]);
  });
});
