import { HeartbeatAnswer, RunnerCommand, runnerTopic } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { type ConnectedRunner, connectRunner } from './support/connect-runner.ts';
import { liftLimits } from './support/lift-limits.ts';
import { type Persona, signUp } from './support/personas.ts';
import { makeBot } from './support/seed-trading.ts';

/** Commands reach a runner and cannot get lost on the way. */
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

/** Gives a runner pings, and returns the number of the last. */
async function ping({ session_id }: ConnectedRunner, expires_in = '10 minutes'): Promise<number> {
  const { rows } = await sql(`select private.command_runner($1, 'ping', null, '{}', $2)::int as seq`, [
    session_id,
    expires_in,
  ]);
  return rows[0].seq;
}

/** The commands that the next heartbeat brings. */
async function heard({ client }: ConnectedRunner): Promise<RunnerCommand[]> {
  const { data, error } = await client.rpc('runner_heartbeat', {
    p_machine_info: {},
    p_active_bot_ids: [],
    p_sent_at: new Date().toISOString(),
  });
  if (error) throw error;
  return HeartbeatAnswer.parse(data).commands;
}

const seqs = (commands: RunnerCommand[]) => commands.map(({ seq }) => seq);

function acknowledge({ client }: ConnectedRunner, p_seq: number, p_error: unknown = null) {
  return client.rpc('acknowledge_command', { p_seq, p_error: p_error as never });
}

async function commandOf({ session_id }: ConnectedRunner, seq: number) {
  const { rows } = await sql('select * from public.runner_commands where runner_session_id = $1 and seq = $2', [
    session_id,
    seq,
  ]);
  return rows[0];
}

/** A bot that the runner holds, with the command to start it, as its owner's start leaves them. */
async function starting(runner: ConnectedRunner, name: string) {
  const botId = await makeBot(owner, { name });
  const runId = crypto.randomUUID();
  const { rows } = await asPostgres(stack, async (client) => {
    await client.query(`insert into public.trading_runs (id, bot_id, user_id, mode) values ($1, $2, $3, 'PAPER')`, [
      runId,
      botId,
      owner.id,
    ]);
    await client.query(`update public.bots set status = 'starting' where id = $1`, [botId]);
    await client.query(
      `insert into public.bot_leases (bot_id, user_id, run_id, runner_session_id, fencing_token) values ($1, $2, $3, $4, 1)`,
      [botId, owner.id, runId, runner.session_id],
    );
    return client.query(
      'select private.command_start(l, false)::int as seq from public.bot_leases l where l.bot_id = $1',
      [botId],
    );
  });
  return { botId, runId, seq: Number(rows[0].seq) };
}

async function botOf(id: string) {
  const { data } = await owner.client.from('bots').select('status, last_error').eq('id', id).single();
  return data;
}

describe('A command', () => {
  it('arrives by Realtime at once, as the contracts say', async () => {
    const runner = await connectRunner(stack, owner);
    const arrived: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      runner.client
        .channel(runnerTopic(runner.session_id), { config: { private: true } })
        .on('broadcast', { event: '*' }, (message) => arrived.push(message))
        .subscribe((status) => (status === 'SUBSCRIBED' ? resolve() : reject(new Error(status))));
    });
    const { botId, runId, seq } = await starting(runner, 'by Realtime');
    await expect.poll(() => arrived.length).toBe(1);
    const { event, payload } = arrived[0] as { event: string; payload: Record<string, unknown> };
    expect(event).toBe('start_bot');
    // Realtime adds an id of its own.
    const { id: _, ...command } = payload;
    expect(RunnerCommand.parse(command)).toEqual(command);
    expect(command).toMatchObject({ seq, attempt: 0, bot_id: botId, payload: { run_id: runId, fencing_token: 1 } });
    await runner.client.removeAllChannels();
  });

  it('that Realtime lost comes with the very next heartbeat', async () => {
    const runner = await connectRunner(stack, owner);
    const seq = await ping(runner);
    expect(await heard(runner)).toMatchObject([{ seq, attempt: 1, type: 'ping', bot_id: null, payload: {} }]);
    expect(await commandOf(runner, seq)).toMatchObject({ status: 'delivered' });
  });

  it('that was delivered and not acknowledged comes again, after a while', async () => {
    const runner = await connectRunner(stack, owner);
    const seq = await ping(runner);
    await heard(runner);
    expect(await heard(runner)).toEqual([]);
    await sql(`update public.runner_commands set delivered_at = now() - interval '16 s' where runner_session_id = $1`, [
      runner.session_id,
    ]);
    expect(await heard(runner)).toMatchObject([{ seq, attempt: 2 }]);
  });

  it('comes with others in their order, 50 at a time', async () => {
    const runner = await connectRunner(stack, owner);
    await sql(`select private.command_runner($1, 'ping', null, '{}') from generate_series(1, 60)`, [runner.session_id]);
    expect(seqs(await heard(runner))).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(seqs(await heard(runner))).toEqual(Array.from({ length: 10 }, (_, i) => i + 51));
  });

  it('waits for a runner that is offline', async () => {
    const runner = await connectRunner(stack, owner);
    await runner.client.rpc('disconnect_runner');
    const seq = await ping(runner);
    expect(seqs(await heard(await connectRunner(stack, owner, runner)))).toEqual([seq]);
  });

  it('is lost to none of many that are given while heartbeats come', async () => {
    const runner = await connectRunner(stack, owner);
    const given = Promise.all(Array.from({ length: 20 }, () => ping(runner)));
    const during = await Promise.all(Array.from({ length: 5 }, () => heard(runner)));
    await given;
    const all = [...during.flat(), ...(await heard(runner))];
    expect(seqs(all).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(all.every(({ attempt }) => attempt === 1)).toBe(true);
  });
});

describe('An acknowledgement', () => {
  it('is taken in any order, and ends the command', async () => {
    const runner = await connectRunner(stack, owner);
    const [first, second] = [await ping(runner), await ping(runner)];
    await heard(runner);
    expect((await acknowledge(runner, second)).data).toBe('acknowledged');
    expect((await acknowledge(runner, first)).data).toBe('acknowledged');
    expect(await commandOf(runner, first)).toMatchObject({ status: 'acknowledged', error: null, attempt: 1 });
    expect(await heard(runner)).toEqual([]);
  });

  it('is taken of a command that only Realtime brought', async () => {
    const runner = await connectRunner(stack, owner);
    const seq = await ping(runner);
    expect((await acknowledge(runner, seq)).data).toBe('acknowledged');
    expect(await commandOf(runner, seq)).toMatchObject({ status: 'acknowledged', attempt: 1 });
  });

  it('starts the bot, once, however often it is said and by how many at a time', async () => {
    const runner = await connectRunner(stack, owner);
    const { botId, seq } = await starting(runner, 'started');
    const said = await Promise.all([1, 2, 3].map(() => acknowledge(runner, seq)));
    expect(said.map(({ data, error }) => error ?? data)).toEqual(['acknowledged', 'acknowledged', 'acknowledged']);
    expect(await botOf(botId)).toMatchObject({ status: 'running' });
    expect((await acknowledge(runner, seq, { code: 'changed_my_mind', message: 'No' })).data).toBe('acknowledged');
    expect(await botOf(botId)).toMatchObject({ status: 'running' });
    const { data: told } = await owner.client.from('events').select('payload').eq('event', 'bot_status');
    const statuses = (told ?? []).map(({ payload }) => payload as { bot_id: string; status: string });
    expect(statuses.filter(({ bot_id, status }) => bot_id === botId && status === 'running')).toHaveLength(1);
  });

  it('with an error says why the bot did not start', async () => {
    const runner = await connectRunner(stack, owner);
    const { botId, seq } = await starting(runner, 'not started');
    const error = { code: 'no_market_data', message: 'There are no candles of ACME' };
    expect((await acknowledge(runner, seq, { ...error, stack: 'x'.repeat(5000) })).data).toBe('failed');
    expect((await commandOf(runner, seq)).error).toEqual(error);
    expect(await botOf(botId)).toMatchObject({ status: 'error', last_error: error.message });
    expect((await acknowledge(runner, seq)).data).toBe('failed');
  });

  it("of a command that is not the runner's own finds nothing", async () => {
    const [mine, sibling, foreign] = await Promise.all([
      connectRunner(stack, owner),
      connectRunner(stack, owner),
      connectRunner(stack, other),
    ]);
    await ping(mine);
    const seq = await ping(mine);
    for (const runner of [sibling, foreign]) {
      expect((await acknowledge(runner, seq)).error?.code).toBe('command_not_found');
    }
    expect((await acknowledge(mine, 99)).error?.code).toBe('command_not_found');
    expect((await acknowledge(mine, null as never)).error?.code).toBe('command_not_found');
    expect(await commandOf(mine, seq)).toMatchObject({ status: 'queued' });
  });

  it.each([
    ['a text', 'it broke'],
    ['no message', { code: 'broken' }],
    ['a code that is none', { code: 'Broken <b>', message: 'x' }],
    ['a message that is a number', { code: 'broken', message: 7 }],
    ['a list', []],
  ])('whose error is %s is refused', async (_what, error) => {
    const runner = await connectRunner(stack, owner);
    const seq = await ping(runner);
    expect((await acknowledge(runner, seq, error)).error?.code).toBe('invalid_request');
    expect(await commandOf(runner, seq)).toMatchObject({ status: 'queued' });
  });

  it('needs the right to execute, a live session and the latest epoch', async () => {
    const connectOnly = await connectRunner(stack, owner, { permissions: ['runner:connect'] });
    await ping(connectOnly);
    expect((await acknowledge(connectOnly, 1)).error?.code).toBe('forbidden');
    const before = await connectRunner(stack, owner);
    await ping(before);
    const now = await connectRunner(stack, owner, before);
    expect((await acknowledge(before, 1)).error?.code).toBe('runner_superseded');
    await owner.client.rpc('revoke_api_key', { p_api_key_id: now.apiKeyId });
    expect((await acknowledge(now, 1)).error?.code).toBe('invalid_api_key');
  });
});

describe('A command whose time is over', () => {
  const expire = () => sql('select private.expire_runner_commands()::int as expired');
  const overdue = ({ session_id }: ConnectedRunner) =>
    sql(`update public.runner_commands set expires_at = now() - interval '1 s' where runner_session_id = $1`, [
      session_id,
    ]);

  it('is not delivered any more, and expires', async () => {
    const runner = await connectRunner(stack, owner);
    const seq = await ping(runner, '-1 seconds');
    expect(await heard(runner)).toEqual([]);
    expect((await expire()).rows).toEqual([{ expired: 1 }]);
    expect(await commandOf(runner, seq)).toMatchObject({ status: 'expired' });
    expect((await acknowledge(runner, seq)).data).toBe('expired');
  });

  it('to start a bot leaves it with an error, once', async () => {
    const runner = await connectRunner(stack, owner);
    const { botId, seq } = await starting(runner, 'too late');
    await overdue(runner);
    expect((await expire()).rows).toEqual([{ expired: 1 }]);
    expect((await expire()).rows).toEqual([{ expired: 0 }]);
    expect(await botOf(botId)).toEqual({
      status: 'error',
      last_error: 'The runner did not carry out start_bot in time',
    });
    expect((await acknowledge(runner, seq)).data).toBe('expired');
    expect(await botOf(botId)).toMatchObject({ status: 'error' });
  });

  it('is left to the next look while somebody is at work on the bot', async () => {
    const runner = await connectRunner(stack, owner);
    const { botId } = await starting(runner, 'busy');
    await overdue(runner);
    await asPostgres(stack, async (client) => {
      await client.query('begin');
      await client.query('select from public.bot_leases where bot_id = $1 for update', [botId]);
      expect((await expire()).rows).toEqual([{ expired: 0 }]);
      await client.query('rollback');
    });
    expect((await expire()).rows).toEqual([{ expired: 1 }]);
  });
});

describe('Old commands', () => {
  it('go once they are over, and open ones stay', async () => {
    const runner = await connectRunner(stack, owner);
    await ping(runner);
    await ping(runner);
    await acknowledge(runner, 1);
    await sql(
      `update public.runner_commands set created_at = now() - interval '31 days' where runner_session_id = $1`,
      [runner.session_id],
    );
    await sql('select private.prune_runner_sessions()');
    const { rows } = await sql('select seq::int from public.runner_commands where runner_session_id = $1', [
      runner.session_id,
    ]);
    expect(rows).toEqual([{ seq: 2 }]);
  });
});
