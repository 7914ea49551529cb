import { BotControl, RunConfig, RunnerCommand } from '@tradebase/contracts';
import { showSecondFactor, startStack, type TestStack } from '@tradebase/local-stack/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { giveEncryptionKey } from './support/encryption-key.ts';
import { liftLimits } from './support/lift-limits.ts';
import { accessTokenOf, anonymous, grantRole, type Persona, signUp, signUpAs } from './support/personas.ts';
import {
  acknowledgeAll,
  closePositions,
  comeBack,
  goOffline,
  openPosition,
  type SeededRunner,
  seedRunner,
} from './support/seed-runner.ts';
import { makeBot } from './support/seed-trading.ts';

/** Bots as their owners start, pause, resume and stop them, and what their runners make of it. */
let stack: TestStack;
let owner: Persona;
let other: Persona;
let runner: SeededRunner;
let botId: string;
let bots = 0;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
  runner = await seedRunner(stack, owner, 'machine');
});

afterAll(() => stack?.stop());

beforeEach(async () => {
  bots += 1;
  botId = await makeBot(owner, { name: `Bot ${bots}` });
});

type Action = 'start_bot' | 'stop_bot' | 'pause_bot' | 'resume_bot';

async function control({ client }: Pick<Persona, 'client'>, action: Action, more: object = {}) {
  const { data, error } = await client.rpc(action, { p_bot_id: botId, ...more });
  if (error) throw error;
  return BotControl.parse(data);
}

/** The status and the code of the answer to what is refused. */
async function refusal({ client }: Pick<Persona, 'client'>, action: Action, more: object = {}) {
  const { error, status } = await client.rpc(action, { p_bot_id: botId, ...more });
  return [status, error?.code];
}

async function query(statement: string, values: unknown[] = [botId]) {
  const { rows } = await asPostgres(stack, (postgres) => postgres.query(statement, values));
  return rows;
}

async function statusOf(id = botId): Promise<string> {
  const [bot] = await query('select status from public.bots where id = $1', [id]);
  return bot.status;
}

const leaseOf = async () => (await query('select * from public.bot_leases where bot_id = $1'))[0];
const runsOf = () => query('select id, status from public.trading_runs where bot_id = $1 order by created_at');
const openCommands = () =>
  query(
    `select type, payload from public.runner_commands where bot_id = $1 and status in ('queued', 'delivered') order by seq`,
  );

async function startAndRun(): Promise<void> {
  await control(owner, 'start_bot');
  await acknowledgeAll(stack, runner.sessionId);
}

describe('Starting', () => {
  it('makes a run with the settings of the bot, gives the bot to the runner, and commands it', async () => {
    const started = await control(owner, 'start_bot');
    expect(started).toMatchObject({ bot_id: botId, status: 'starting', runner_session_id: runner.sessionId });
    const { data } = await owner.client
      .from('runner_commands')
      .select('seq, attempt, expires_at, type, bot_id, payload')
      .eq('bot_id', botId)
      .single();
    const command = RunnerCommand.parse(data);
    expect(command).toMatchObject({
      seq: started.command_seq,
      type: 'start_bot',
      payload: { run_id: started.run_id, fencing_token: 1, resumes: false, paused: false },
    });
    const run = await owner.client.from('trading_runs').select('status, config').eq('bot_id', botId).single();
    expect(run.data?.status).toBe('running');
    expect(RunConfig.parse(run.data?.config)).toMatchObject({ name: `Bot ${bots}`, mode: 'PAPER', strategy: null });
    expect(await leaseOf()).toMatchObject({ intent: 'run', reconciled: true, released_at: null });
    await acknowledgeAll(stack, runner.sessionId);
    expect(await statusOf()).toBe('running');
  });

  it('twice at once makes one run', async () => {
    const answers = await Promise.all([
      owner.client.rpc('start_bot', { p_bot_id: botId }),
      owner.client.rpc('start_bot', { p_bot_id: botId }),
    ]);
    expect(answers.map(({ error }) => error?.code).sort()).toEqual(['bot_not_startable', undefined]);
    expect(await runsOf()).toHaveLength(1);
  });

  it('is refused to others, viewers, runners and the anonymous', async () => {
    expect(await refusal(other, 'start_bot')).toEqual([404, 'bot_not_found']);
    expect(await refusal(runner, 'start_bot')).toEqual([403, 'forbidden']);
    expect((await refusal({ client: anonymous(stack) }, 'start_bot'))[0]).toBe(401);
    await grantRole(stack, owner, 'viewer');
    expect(await refusal(owner, 'start_bot')).toEqual([403, 'forbidden']);
    await grantRole(stack, owner, 'trader');
    expect(await statusOf()).toBe('stopped');
  });

  it('takes the runner that is named, and no other', async () => {
    const second = await seedRunner(stack, owner, 'second machine');
    const foreign = await seedRunner(stack, other, 'foreign machine');
    const reader = await seedRunner(stack, owner, 'reading machine', ['runner:connect', 'data:read']);
    const named = (sessionId: string) => ({ p_runner_session_id: sessionId });
    expect(await refusal(owner, 'start_bot', named(foreign.sessionId))).toEqual([404, 'runner_not_found']);
    expect(await refusal(owner, 'start_bot', named(reader.sessionId))).toEqual([409, 'no_runner_connected']);
    expect((await control(owner, 'start_bot', named(second.sessionId))).runner_session_id).toBe(second.sessionId);
    await goOffline(stack, second.sessionId);
    expect(await refusal(owner, 'start_bot', named(second.sessionId))).toEqual([409, 'no_runner_connected']);
  });

  it('takes the runner with the fewest bots, and refuses where none was heard of', async () => {
    const user = await signUp(stack, 'crowd');
    const names = ['one', 'two', 'three', 'four'];
    const ids = await Promise.all(names.map((name) => makeBot(user, { name })));
    [botId] = ids as [string];
    expect(await refusal(user, 'start_bot')).toEqual([409, 'no_runner_connected']);
    await Promise.all(['a', 'b'].map((machine) => seedRunner(stack, user, machine)));
    const taken = [];
    for (const id of ids) {
      botId = id;
      taken.push((await control(user, 'start_bot')).runner_session_id);
    }
    expect(new Set(taken.slice(0, 2)).size).toBe(2);
    expect(new Set(taken.slice(2)).size).toBe(2);
    await query(`update public.runner_sessions set last_heartbeat_at = now() - interval '1 hour' where user_id = $1`, [
      user.id,
    ]);
    botId = await makeBot(user, { name: 'late' });
    expect(await refusal(user, 'start_bot')).toEqual([409, 'no_runner_connected']);
  });

  it('that fails ends the run, and leaves the bot with the error, ready to be started anew', async () => {
    await control(owner, 'start_bot');
    await acknowledgeAll(stack, runner.sessionId, { code: 'bad_strategy', message: 'No such strategy here' });
    const [bot] = await query('select status, last_error from public.bots where id = $1');
    expect(bot).toEqual({ status: 'error', last_error: 'No such strategy here' });
    expect((await runsOf()).map(({ status }) => status)).toEqual(['error']);
    expect((await leaseOf()).released_at).not.toBeNull();
    const again = await control(owner, 'start_bot');
    expect(again.status).toBe('starting');
    expect((await leaseOf()).fencing_token).toBe('2');
    expect((await runsOf()).map(({ status }) => status)).toEqual(['error', 'running']);
  });
});

describe('Stopping', () => {
  it('tells the runner once, and ends the run when the runner has done it', async () => {
    await startAndRun();
    const stopping = await control(owner, 'stop_bot', { p_reason: 'enough' });
    expect(stopping.status).toBe('stopping');
    expect((await control(owner, 'stop_bot')).command_seq).toBe(stopping.command_seq);
    expect(await openCommands()).toMatchObject([{ type: 'stop_bot', payload: { reason: 'enough' } }]);
    await acknowledgeAll(stack, runner.sessionId);
    expect(await statusOf()).toBe('stopped');
    expect((await runsOf()).map(({ status }) => status)).toEqual(['stopped']);
    expect(await control(owner, 'stop_bot')).toMatchObject({ status: 'stopped', command_seq: null });
  });

  it('is not done while something is open, whoever says so', async () => {
    await startAndRun();
    await openPosition(stack, botId);
    await expect(query(`update public.bots set status = 'stopped' where id = $1`)).rejects.toThrow(
      'bot_has_open_positions',
    );
    await control(owner, 'stop_bot');
    await acknowledgeAll(stack, runner.sessionId);
    expect(await statusOf()).toBe('error');
    expect((await runsOf()).map(({ status }) => status)).toEqual(['running']);
    await closePositions(stack, botId);
    await control(owner, 'stop_bot');
    expect(await statusOf()).toBe('stopping');
    await acknowledgeAll(stack, runner.sessionId);
    expect(await statusOf()).toBe('stopped');
  });

  it('of a bot whose runner is offline is done at once when it holds nothing, and else when the runner is back', async () => {
    const lonely = await signUp(stack, 'lonely');
    const away = await seedRunner(stack, lonely, 'away');
    botId = await makeBot(lonely, { name: 'Holding' });
    await control(lonely, 'start_bot');
    await acknowledgeAll(stack, away.sessionId);
    await openPosition(stack, botId);
    await goOffline(stack, away.sessionId);
    const answer = await control(lonely, 'stop_bot');
    expect(answer).toMatchObject({ status: 'error', command_seq: null });
    expect(answer.message).toContain('when it is back');
    await comeBack(stack, away.sessionId);
    expect(await statusOf()).toBe('stopping');
    expect(await openCommands()).toMatchObject([{ type: 'stop_bot' }]);
    await goOffline(stack, away.sessionId);
    await closePositions(stack, botId);
    expect(await control(lonely, 'stop_bot')).toMatchObject({ status: 'stopped', message: null });
  });
});

describe('Pausing and resuming', () => {
  it('hold at once, and asking again changes nothing', async () => {
    await startAndRun();
    const paused = await control(owner, 'pause_bot');
    expect(paused).toMatchObject({ status: 'paused' });
    expect(await control(owner, 'pause_bot')).toMatchObject({ status: 'paused', command_seq: null });
    expect((await control(owner, 'resume_bot')).status).toBe('running');
    expect(await control(owner, 'resume_bot')).toMatchObject({ status: 'running', command_seq: null });
    expect((await openCommands()).map(({ type }) => type)).toEqual(['pause_bot', 'resume_bot']);
    await acknowledgeAll(stack, runner.sessionId);
    expect(await statusOf()).toBe('running');
  });

  it('count for a bot that is only starting', async () => {
    await control(owner, 'start_bot');
    expect((await control(owner, 'pause_bot')).status).toBe('starting');
    await acknowledgeAll(stack, runner.sessionId);
    expect(await statusOf()).toBe('paused');
  });

  it('are refused for a bot that does not run', async () => {
    expect(await refusal(owner, 'pause_bot')).toEqual([409, 'bot_not_running']);
    expect(await refusal(owner, 'resume_bot')).toEqual([409, 'bot_not_running']);
    expect(await refusal(other, 'pause_bot')).toEqual([404, 'bot_not_found']);
  });
});

describe('A late acknowledgement', () => {
  it('of an older run undoes nothing of a newer one', async () => {
    await startAndRun();
    const [old] = await query(`select c.seq from public.runner_commands c where bot_id = $1 and type = 'start_bot'`);
    await control(owner, 'stop_bot');
    await acknowledgeAll(stack, runner.sessionId);
    await control(owner, 'start_bot');
    await query(
      `select private.apply_acknowledgement(c, '{"code": "late", "message": "late"}') from public.runner_commands c
       where runner_session_id = $1 and seq = $2`,
      [runner.sessionId, old.seq],
    );
    expect(await statusOf()).toBe('starting');
  });
});

describe('A runner that goes offline', () => {
  const policies = { hold: 'error', flatten: 'stopping', resume: 'starting' } as const;
  for (const [policy, status] of Object.entries(policies)) {
    it(`leaves a bot that holds something in error, and brings it to ${status} when it is back, under ${policy}`, async () => {
      await query('update public.bots set offline_policy = $2 where id = $1', [botId, policy]);
      await startAndRun();
      await openPosition(stack, botId);
      await goOffline(stack, runner.sessionId);
      expect(await statusOf()).toBe('error');
      expect((await runsOf()).map((run) => run.status)).toEqual(['running']);
      await comeBack(stack, runner.sessionId);
      expect(await statusOf()).toBe(status);
      if (policy === 'resume') {
        expect(await openCommands()).toMatchObject([
          { type: 'start_bot', payload: { resumes: true, fencing_token: 2 } },
        ]);
        await acknowledgeAll(stack, runner.sessionId);
        expect(await statusOf()).toBe('running');
      }
    });
  }

  it('stops a bot that holds nothing', async () => {
    await startAndRun();
    await goOffline(stack, runner.sessionId);
    expect(await statusOf()).toBe('stopped');
    expect((await runsOf()).map(({ status }) => status)).toEqual(['stopped']);
    await comeBack(stack, runner.sessionId);
  });

  it('and holds something else when it is back leaves the bot in error, unreconciled', async () => {
    await query(`update public.bots set offline_policy = 'resume' where id = $1`);
    await startAndRun();
    await openPosition(stack, botId);
    await goOffline(stack, runner.sessionId);
    await comeBack(stack, runner.sessionId, false);
    expect(await statusOf()).toBe('error');
    expect(await leaseOf()).toMatchObject({ reconciled: false, intent: 'hold' });
  });

  it('loses its bot to another that is named, and has nothing more to do for it', async () => {
    await startAndRun();
    const { run_id: runId } = await leaseOf();
    await openPosition(stack, botId);
    await query('select private.fail_bot(run_id, $2, $3) from public.bot_leases where bot_id = $1', [
      botId,
      'broken',
      'It broke',
    ]);
    const second = await seedRunner(stack, owner, 'rescuer');
    const taken = await control(owner, 'start_bot', { p_runner_session_id: second.sessionId });
    expect(taken).toMatchObject({ run_id: runId, runner_session_id: second.sessionId });
    expect(await leaseOf()).toMatchObject({ fencing_token: '2', reconciled: false, intent: 'run' });
    expect(await openCommands()).toMatchObject([{ type: 'start_bot', payload: { resumes: true, fencing_token: 2 } }]);
    // Beyond all that the first may have sent without an answer: when it is back, it knows that it was overtaken.
    const reportedSeq = () => query('select last_report_seq from public.trading_runs where bot_id = $1');
    expect(await reportedSeq()).toEqual([{ last_report_seq: '1000000000' }]);
    await query('select private.fail_bot(run_id, $2, $3) from public.bot_leases where bot_id = $1', [botId, 'x', 'y']);
    await control(owner, 'start_bot', { p_runner_session_id: second.sessionId });
    expect(await reportedSeq()).toEqual([{ last_report_seq: '1000000000' }]);
    await goOffline(stack, second.sessionId);
  });
});

describe('A LIVE bot', () => {
  it('starts, and may lose more, only with caps, an enabled credential, and a second factor that was just shown', async () => {
    const trader = await signUp(stack, 'live');
    await giveEncryptionKey(stack);
    // The function's one parameter has no name; the types make it an empty one.
    const credential = await trader.client.rpc('create_credential', {
      exchange: 'kraken',
      name: 'Main',
      key: 'abcdKEYKEYKEYKEYKEYwxyz',
      secret: 'bXkgc2VjcmV0',
    } as never);
    if (credential.error) throw credential.error;
    await seedRunner(stack, trader, 'live machine');
    botId = await makeBot(trader, {
      name: 'Live',
      mode: 'LIVE',
      credential_id: credential.data,
      risk_per_trade: 10,
      daily_risk_cap: 50,
    });
    expect(await refusal(trader, 'start_bot')).toEqual([403, 'second_factor_required']);
    await showSecondFactor(trader.client);
    await query(`update public.exchange_credentials set status = 'disabled' where user_id = $1`, [trader.id]);
    expect(await refusal(trader, 'start_bot')).toEqual([409, 'credential_disabled']);
    await query(`update public.exchange_credentials set status = 'active' where user_id = $1`, [trader.id]);
    // Auth keeps when a factor was shown, and says so in each token of the session.
    const shownAgo = (interval: string) =>
      query(
        `update auth.mfa_amr_claims set updated_at = now() - $2::interval, created_at = now() - $2::interval
         where session_id in (select id from auth.sessions where user_id = $1)`,
        [trader.id, interval],
      );
    await shownAgo('16 minutes');
    await trader.client.auth.refreshSession();
    expect(await refusal(trader, 'start_bot')).toEqual([403, 'recent_factor_required']);
    await shownAgo('14 minutes');
    await trader.client.auth.refreshSession();
    expect((await control(trader, 'start_bot')).status).toBe('starting');

    // What it may lose is widened with as much proof as it was started with, and tightened without any.
    const change = async (caps: object) =>
      (await trader.client.from('bots').update(caps).eq('id', botId)).error?.code ?? 'changed';
    expect(await change({ max_order_value: 100, daily_risk_cap: 60 })).toBe('changed');
    await shownAgo('16 minutes');
    await trader.client.auth.refreshSession();
    for (const wider of [{ risk_per_trade: 11 }, { daily_risk_cap: 61 }, { max_order_value: null }])
      expect(await change(wider)).toBe('recent_factor_required');
    expect(await change({ risk_per_trade: 9, max_order_value: 90, max_daily_trades: 5 })).toBe('changed');
    await query(`update public.bots set status = 'stopping' where user_id = $1`, [trader.id]);
    await query(`update public.bots set status = 'stopped' where user_id = $1`, [trader.id]);
    expect(await change({ risk_per_trade: 1000 })).toBe('changed');
  });
});

describe('The settings of a bot that runs', () => {
  it('that its run was started with stay, and its caps and hours go to the runner', async () => {
    await startAndRun();
    for (const change of [
      { symbols: ['EURUSD'] },
      { timeframe: '1h' },
      { parameters: { fast: 3 } },
      { settings: { gaps: 'fail' } },
      { initial_balance: 5 },
    ]) {
      const { error } = await owner.client.from('bots').update(change).eq('id', botId);
      expect([Object.keys(change), error?.code]).toEqual([Object.keys(change), 'bot_not_stopped']);
    }
    const update = (change: object) => owner.client.from('bots').update(change).eq('id', botId).throwOnError();
    await update({ max_order_value: 100 });
    await update({ max_order_value: 200, schedule_exchange: 'NYSE' });
    expect(await openCommands()).toMatchObject([
      {
        type: 'update_config',
        payload: { config: { risk: { max_order_value: 200 }, schedule: { exchange: 'NYSE', start_time: '09:30:00' } } },
      },
    ]);
    const [run] = await query('select config from public.trading_runs where bot_id = $1');
    expect(run.config.risk.max_order_value).toBeNull();
  });
});

describe('Calls at the same time', () => {
  it('about one bot, of its owner and of its runner, wait for each other and leave what belongs together', async () => {
    const hasty = await signUp(stack, 'hasty');
    const machine = await seedRunner(stack, hasty, 'machine');
    botId = await makeBot(hasty, { name: 'Hurried' });
    const { client } = hasty;
    const codes = new Set<string | undefined>();
    for (let round = 0; round < 6; round += 1) {
      await client.rpc('start_bot', { p_bot_id: botId });
      const commands = await client.from('runner_commands').select('seq').in('status', ['queued', 'delivered']);
      const answers = await Promise.all([
        client.rpc('pause_bot', { p_bot_id: botId }),
        client.rpc('resume_bot', { p_bot_id: botId }),
        client.rpc('stop_bot', { p_bot_id: botId }),
        client.rpc('engage_emergency_stop', {
          p_scope: round % 2 === 0 ? 'user' : 'bot',
          p_reason: 'Haste',
          p_close_positions: round % 3 === 0,
          ...(round % 2 === 1 && { p_bot_id: botId }),
        }),
        client
          .from('bots')
          .update({ max_order_value: round + 1 })
          .eq('id', botId),
        ...(commands.data ?? []).map(({ seq }) => machine.client.rpc('acknowledge_command', { p_seq: seq })),
      ]);
      for (const { error } of answers) codes.add(error?.code);
      const halts = await client.from('trading_halts').select('id').is('released_at', null);
      for (const { id } of halts.data ?? [])
        await client.rpc('release_emergency_stop', { p_halt_id: id }).throwOnError();
      await acknowledgeAll(stack, machine.sessionId);
    }
    codes.delete(undefined);
    expect([...codes].filter((code) => code !== 'bot_not_running' && code !== 'trading_halted')).toEqual([]);
    await client.rpc('stop_bot', { p_bot_id: botId }).throwOnError();
    await acknowledgeAll(stack, machine.sessionId);
    expect(await statusOf()).toBe('stopped');
    expect((await runsOf()).filter(({ status }) => status === 'running')).toEqual([]);
    expect((await leaseOf()).released_at).not.toBeNull();
  });
});

describe('A first start', () => {
  it('and a stop that has not seen it leave no bot stopped that runs', async () => {
    const start = new pg.Client({ connectionString: stack.databaseUrl() });
    await start.connect();
    try {
      await start.query('begin');
      await start.query(`select set_config('request.jwt.claims', $1, true)`, [
        Buffer.from((await accessTokenOf(owner.client)).split('.')[1] ?? '', 'base64url').toString(),
      ]);
      await start.query('select private.lock_own_bot($1, $2)', [botId, owner.id]);
      const stopped = control(owner, 'stop_bot');
      await expect
        .poll(
          async () =>
            (
              await query(
                `select count(*)::integer as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
                [],
              )
            )[0].waiting,
        )
        .toBeGreaterThan(0);
      await start.query('select private.start_bot($1, null)', [botId]);
      await start.query('commit');
      expect((await stopped).status).toBe('stopping');
    } finally {
      await start.end();
    }
    await acknowledgeAll(stack, runner.sessionId);
    expect(await statusOf()).toBe('stopped');
    expect((await runsOf()).map(({ status }) => status)).toEqual(['stopped']);
  });
});

describe('The end of a run', () => {
  it('that was asked for before its start, and waited for that, is not before it', async () => {
    await asPostgres(stack, async (postgres) => {
      await postgres.query('begin');
      // By its clock, the transaction of the end begins here.
      await postgres.query('select now()');
      await startAndRun();
      await postgres.query(`select private.end_run(run_id, 'stopped') from public.bot_leases where bot_id = $1`, [
        botId,
      ]);
      await postgres.query('commit');
    });
    expect(await statusOf()).toBe('stopped');
  });
});

describe('Each change of status', () => {
  it('is an event of the owner, with the run, and an entry of the audit log', async () => {
    const listener = await signUpAs(stack, 'trader', 'listener');
    const machine = await seedRunner(stack, listener, 'machine');
    botId = await makeBot(listener, { name: 'Told of' });
    const { run_id } = await control(listener, 'start_bot');
    await acknowledgeAll(stack, machine.sessionId);
    await control(listener, 'stop_bot', { p_reason: 'enough' });
    await acknowledgeAll(stack, machine.sessionId);
    const { data } = await listener.client.from('events').select('payload').eq('event', 'bot_status').order('seq');
    expect(data?.map(({ payload }) => payload)).toMatchObject(
      ['starting', 'running', 'stopping', 'stopped'].map((status) => ({ bot_id: botId, run_id, status, error: null })),
    );
    const entries = await query(
      `select action, details from public.audit_log where resource_id = $1 and action like 'bots.%requested' order by seq`,
    );
    expect(entries).toMatchObject([
      { action: 'bots.start_requested', details: { run_id } },
      { action: 'bots.stop_requested', details: { reason: 'enough' } },
    ]);
  });
});
