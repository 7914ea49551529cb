import { HeartbeatAnswer, RunnerConfig, RunnerStatusEvent } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TradebaseClient } from '../src/index.ts';
import { asPostgres } from './support/as-role.ts';
import { type ConnectedRunner, connectRunner, makeKey } from './support/connect-runner.ts';
import { liftLimits } from './support/lift-limits.ts';
import { anonymous, asService, type Persona, signUp, withToken } from './support/personas.ts';
import { mintRunnerToken } from './support/runner-token.ts';
import { seedBot } from './support/seed-trading.ts';

/** How a runner connects, stays connected, and is missed. */
let stack: TestStack;
let owner: Persona;
let other: Persona;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
});

afterAll(() => stack?.stop());

function sql(statement: string, values: unknown[] = []) {
  return asPostgres(stack, (client) => client.query(statement, values));
}

interface Heartbeat {
  p_machine_info: Record<string, string> | null;
  p_active_bot_ids: string[];
  p_sent_at: string | null;
}

function beat(client: TradebaseClient, changes: Partial<Heartbeat> = {}) {
  const heartbeat = { p_machine_info: null, p_active_bot_ids: [], p_sent_at: new Date().toISOString(), ...changes };
  return client.rpc('runner_heartbeat', heartbeat as never);
}

/** A bot with a run that the runner holds. */
async function hold(runner: ConnectedRunner, name: string) {
  const bot = await seedBot(stack, owner, name);
  await sql(
    `insert into public.bot_leases (bot_id, user_id, run_id, runner_session_id, fencing_token) values ($1, $2, $3, $4, 1)`,
    [bot.botId, owner.id, bot.runId, runner.session_id],
  );
  return bot;
}

async function sessionOf({ session_id }: ConnectedRunner) {
  return (await sql('select * from public.runner_sessions where id = $1', [session_id])).rows[0];
}

/** What the owner was told of a runner. */
async function statusEvents({ session_id }: ConnectedRunner): Promise<RunnerStatusEvent[]> {
  const { data } = await owner.client.from('events').select('seq, payload').eq('event', 'runner_status').order('seq');
  return (data ?? [])
    .map(({ seq, payload }) => RunnerStatusEvent.parse({ ...(payload as object), seq }))
    .filter((event) => event.session_id === session_id);
}

describe('A runner that connects', () => {
  it('has one session for its machine and key, whose tokens of before are over', async () => {
    const first = await connectRunner(stack, owner);
    const again = await connectRunner(stack, owner, first);
    expect(again).toMatchObject({ session_id: first.session_id, epoch: 2 });
    expect((await beat(first.client)).error?.code).toBe('runner_superseded');
    expect((await beat(again.client)).error).toBeNull();
  });

  it('is back after it was disconnected, and its owner has heard of it each time', async () => {
    const first = await connectRunner(stack, owner);
    expect((await first.client.rpc('disconnect_runner')).error).toBeNull();
    expect((await beat(first.client)).error?.code).toBe('runner_not_connected');
    const again = await connectRunner(stack, owner, first);
    expect((await beat(again.client)).error).toBeNull();
    const told = await statusEvents(first);
    expect(told.map(({ connected, status }) => [connected, status])).toEqual([
      [true, 'connected'],
      [false, 'disconnected'],
      [true, 'connected'],
    ]);
    expect(told[0]).toMatchObject({ machine_id: first.machineId, machine_info: { os: 'linux' }, version: '1.0.0' });
  });

  it('has to reconcile what it held, and what it wrote with before is stale', async () => {
    const first = await connectRunner(stack, owner);
    const { botId, runId } = await hold(first, 'held');
    await sql(`select private.command_runner($1, 'start_bot', $2, $3)`, [
      first.session_id,
      botId,
      { run_id: runId, fencing_token: 1 },
    ]);
    await beat(first.client);
    const { client } = await connectRunner(stack, owner, first);
    const config = RunnerConfig.parse((await client.rpc('runner_config')).data);
    expect(config.leases).toMatchObject([
      { bot_id: botId, run_id: runId, fencing_token: 2, intent: 'run', reconciled: false, config: { name: 'held' } },
    ]);
    expect(config.account_limits).toMatchObject({ max_exposure: null });
    const { commands } = (await beat(client)).data as { commands: { attempt: number; payload: object }[] };
    expect(commands).toMatchObject([{ attempt: 2, payload: { run_id: runId, fencing_token: 2 } }]);
  });

  it('at the same time twice has two epochs, and one connection that lives', async () => {
    const { key } = await makeKey(owner);
    const both = await Promise.all([1, 2].map(() => connectRunner(stack, owner, { key, machineId: 'twins' })));
    expect(both.map(({ epoch }) => epoch).sort()).toEqual([1, 2]);
    const answers = await Promise.all(both.map(({ client }) => beat(client)));
    expect(answers.filter(({ error }) => error === null)).toHaveLength(1);
  });

  it('can only be connected by the function runner', async () => {
    const { key } = await makeKey(owner);
    const args = { p_key: key, p_ip: '203.0.113.9', p_machine_id: 'm' };
    const { client: runner } = await connectRunner(stack, owner);
    for (const client of [anonymous(stack), owner.client, runner]) {
      expect((await client.rpc('connect_runner', args)).error?.code).toBe('42501');
    }
    expect((await asService(stack).rpc('connect_runner', { ...args, p_machine_id: '' })).error?.code).toBe(
      'invalid_request',
    );
  });
});

describe('A heartbeat', () => {
  it('keeps the session alive, and says which bots run and when they were last heard of', async () => {
    const runner = await connectRunner(stack, owner);
    const { botId } = await hold(runner, 'beating');
    await sql(`update public.runner_sessions set last_heartbeat_at = now() - interval '20 s' where id = $1`, [
      runner.session_id,
    ]);
    const { data, error } = await beat(runner.client, { p_active_bot_ids: [botId], p_machine_info: { os: 'plan 9' } });
    expect(error).toBeNull();
    const answer = HeartbeatAnswer.parse(data);
    expect(answer.commands).toEqual([]);
    const session = await sessionOf(runner);
    expect(session).toMatchObject({ active_bot_ids: [botId], machine_info: { os: 'plan 9' } });
    expect(Date.now() - session.last_heartbeat_at).toBeLessThan(10_000);
    const { data: bot } = await owner.client.from('bots').select('last_heartbeat_at').eq('id', botId).single();
    expect(bot?.last_heartbeat_at).not.toBeNull();
    await beat(runner.client);
    expect((await sessionOf(runner)).machine_info).toEqual({ os: 'plan 9' });
  });

  it("leaves out bots that are another's, or nobody's", async () => {
    const runner = await connectRunner(stack, owner);
    const foreign = await seedBot(stack, other, 'foreign');
    await beat(runner.client, { p_active_bot_ids: [foreign.botId, crypto.randomUUID()] });
    expect((await sessionOf(runner)).active_bot_ids).toEqual([]);
  });

  it.each([
    // The way to the server adds to the one, and takes from the other.
    ['behind', -120, '12'],
    ['ahead of', 120, '1[12]'],
  ])("of a clock that is %s the server's is refused, and says by how much", async (direction, offset_s, tens) => {
    const runner = await connectRunner(stack, owner);
    const { error } = await beat(runner.client, { p_sent_at: new Date(Date.now() + offset_s * 1000).toISOString() });
    expect(error?.code).toBe('clock_skew');
    expect(error?.message).toMatch(new RegExp(`clock is ${tens}\\d(\\.\\d)? s ${direction} the server's`));
    expect((await beat(runner.client)).error).toBeNull();
  });

  it.each<[string, Partial<Heartbeat>]>([
    ['no time', { p_sent_at: null }],
    ['a time that never comes', { p_sent_at: 'infinity' }],
    ['more bots than there can be', { p_active_bot_ids: Array.from({ length: 1001 }, () => crypto.randomUUID()) }],
    ['a machine that tells too much', { p_machine_info: { noise: 'x'.repeat(20_000) } }],
    ['a machine that is no object', { p_machine_info: [] as never }],
  ])('with %s is refused', async (_what, changes) => {
    const runner = await connectRunner(stack, owner);
    expect((await beat(runner.client, changes)).error?.code).toBe('invalid_request');
  });

  it('changes its rows in place, and writes no audit entry', async () => {
    const runner = await connectRunner(stack, owner);
    const { botId } = await hold(runner, 'in place');
    const claims = { user_id: owner.id, api_key_id: runner.apiKeyId, epoch: 1 };
    const { rows } = await asPostgres(stack, async (client) => {
      await client.query('begin');
      await client.query(`select set_config('request.jwt.claims', $1, true)`, [
        JSON.stringify({ sub: runner.session_id, app_metadata: claims }),
      ]);
      await client.query(`select public.runner_heartbeat('{}', $1, clock_timestamp())`, [[botId]]);
      const changed = await client.query(
        `select relname, n_tup_upd::int as updates, (n_tup_upd - n_tup_hot_upd)::int as elsewhere from pg_stat_xact_user_tables
         where schemaname in ('public', 'private') and n_tup_ins + n_tup_upd + n_tup_del > 0 order by relname`,
      );
      await client.query('commit');
      return changed;
    });
    expect(rows).toEqual([
      { relname: 'bots', updates: 1, elsewhere: 0 },
      { relname: 'runner_sessions', updates: 1, elsewhere: 0 },
    ]);
  });

  it('of who is no live runner is refused, each for its own reason', async () => {
    const runner = await connectRunner(stack, owner);
    expect((await beat(owner.client)).error?.code).toBe('forbidden');
    const ids = { sessionId: runner.session_id, userId: owner.id, apiKeyId: runner.apiKeyId, permissions: [] };
    const foreign = await mintRunnerToken(stack, { ...ids, userId: other.id });
    expect((await beat(withToken(stack, foreign))).error?.code).toBe('runner_not_connected');
    const later = await mintRunnerToken(stack, { ...ids, epoch: 2 });
    expect((await beat(withToken(stack, later))).error?.code).toBe('runner_not_connected');
    await owner.client.rpc('revoke_api_key', { p_api_key_id: runner.apiKeyId });
    expect((await beat(runner.client)).error?.code).toBe('invalid_api_key');
  });

  it('of a runner whose owner may only read by now is refused', async () => {
    const demoted = await signUp(stack, 'demoted');
    const { client } = await connectRunner(stack, demoted);
    await sql(`update public.user_roles set role = 'viewer' where user_id = $1`, [demoted.id]);
    expect((await beat(client)).error?.code).toBe('forbidden');
    expect((await client.rpc('runner_config')).error?.code).toBe('forbidden');
  });

  it('needs no right to execute, but to learn what to execute does', async () => {
    const { client } = await connectRunner(stack, owner, { permissions: ['runner:connect'] });
    expect((await beat(client)).error).toBeNull();
    expect((await client.rpc('runner_config')).error?.code).toBe('forbidden');
  });
});
