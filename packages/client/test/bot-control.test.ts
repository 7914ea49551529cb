import { RunConfig, RunnerCommand } from '@tradebase/contracts';
import { showSecondFactor } from '@tradebase/local-stack/testing';
import { describe, expect, it } from 'vitest';
import { BotDesk } from './support/bot-desk.ts';
import { giveEncryptionKey } from './support/encryption-key.ts';
import { anonymous, grantRole, signUp, signUpAs } from './support/personas.ts';
import {
  acknowledgeAll,
  closePositions,
  comeBack,
  goOffline,
  openPosition,
  seedRunner,
} from './support/seed-runner.ts';
import { makeBot } from './support/seed-trading.ts';

/** Bots as their owners start, pause, resume and stop them, and what their runners make of it. */
const desk = new BotDesk();

describe('Starting', () => {
  it('makes a run with the settings of the bot, gives the bot to the runner, and commands it', async () => {
    const started = await desk.control(desk.owner, 'start_bot');
    expect(started).toMatchObject({ bot_id: desk.botId, status: 'starting', runner_session_id: desk.runner.sessionId });
    const { data } = await desk.owner.client
      .from('runner_commands')
      .select('seq, attempt, expires_at, type, bot_id, payload')
      .eq('bot_id', desk.botId)
      .single();
    const command = RunnerCommand.parse(data);
    expect(command).toMatchObject({
      seq: started.command_seq,
      type: 'start_bot',
      payload: { run_id: started.run_id, fencing_token: 1, resumes: false, paused: false },
    });
    const run = await desk.owner.client.from('trading_runs').select('status, config').eq('bot_id', desk.botId).single();
    expect(run.data?.status).toBe('running');
    expect(RunConfig.parse(run.data?.config)).toMatchObject({
      name: expect.stringMatching(/^Bot \d+$/),
      mode: 'PAPER',
      strategy: null,
    });
    expect(await desk.leaseOf()).toMatchObject({ intent: 'run', reconciled: true, released_at: null });
    await acknowledgeAll(desk.stack, desk.runner.sessionId);
    expect(await desk.statusOf()).toBe('running');
  });

  it('twice at once makes one run', async () => {
    const answers = await Promise.all([
      desk.owner.client.rpc('start_bot', { p_bot_id: desk.botId }),
      desk.owner.client.rpc('start_bot', { p_bot_id: desk.botId }),
    ]);
    expect(answers.map(({ error }) => error?.code).sort()).toEqual(['bot_not_startable', undefined]);
    expect(await desk.runsOf()).toHaveLength(1);
  });

  it('is refused to others, viewers, runners and the anonymous', async () => {
    expect(await desk.refusal(desk.other, 'start_bot')).toEqual([404, 'bot_not_found']);
    expect(await desk.refusal(desk.runner, 'start_bot')).toEqual([403, 'forbidden']);
    expect((await desk.refusal({ client: anonymous(desk.stack) }, 'start_bot'))[0]).toBe(401);
    await grantRole(desk.stack, desk.owner, 'viewer');
    expect(await desk.refusal(desk.owner, 'start_bot')).toEqual([403, 'forbidden']);
    await grantRole(desk.stack, desk.owner, 'trader');
    expect(await desk.statusOf()).toBe('stopped');
  });

  it('takes the runner that is named, and no other', async () => {
    const second = await seedRunner(desk.stack, desk.owner, 'second machine');
    const foreign = await seedRunner(desk.stack, desk.other, 'foreign machine');
    const reader = await seedRunner(desk.stack, desk.owner, 'reading machine', ['runner:connect', 'data:read']);
    const named = (sessionId: string) => ({ p_runner_session_id: sessionId });
    expect(await desk.refusal(desk.owner, 'start_bot', named(foreign.sessionId))).toEqual([404, 'runner_not_found']);
    expect(await desk.refusal(desk.owner, 'start_bot', named(reader.sessionId))).toEqual([409, 'no_runner_connected']);
    expect((await desk.control(desk.owner, 'start_bot', named(second.sessionId))).runner_session_id).toBe(
      second.sessionId,
    );
    await goOffline(desk.stack, second.sessionId);
    expect(await desk.refusal(desk.owner, 'start_bot', named(second.sessionId))).toEqual([409, 'no_runner_connected']);
  });

  it('takes the runner with the fewest bots, and refuses where none was heard of', async () => {
    const user = await signUp(desk.stack, 'crowd');
    const names = ['one', 'two', 'three', 'four'];
    const ids = await Promise.all(names.map((name) => makeBot(user, { name })));
    [desk.botId] = ids as [string];
    expect(await desk.refusal(user, 'start_bot')).toEqual([409, 'no_runner_connected']);
    await Promise.all(['a', 'b'].map((machine) => seedRunner(desk.stack, user, machine)));
    const taken = [];
    for (const id of ids) {
      desk.botId = id;
      taken.push((await desk.control(user, 'start_bot')).runner_session_id);
    }
    expect(new Set(taken.slice(0, 2)).size).toBe(2);
    expect(new Set(taken.slice(2)).size).toBe(2);
    await desk.query(
      `update public.runner_sessions set last_heartbeat_at = now() - interval '1 hour' where user_id = $1`,
      [user.id],
    );
    desk.botId = await makeBot(user, { name: 'late' });
    expect(await desk.refusal(user, 'start_bot')).toEqual([409, 'no_runner_connected']);
  });

  it('that fails ends the run, and leaves the bot with the error, ready to be started anew', async () => {
    await desk.control(desk.owner, 'start_bot');
    await acknowledgeAll(desk.stack, desk.runner.sessionId, { code: 'bad_strategy', message: 'No such strategy here' });
    const [bot] = await desk.query('select status, last_error from public.bots where id = $1');
    expect(bot).toEqual({ status: 'error', last_error: 'No such strategy here' });
    expect((await desk.runsOf()).map(({ status }) => status)).toEqual(['error']);
    expect((await desk.leaseOf()).released_at).not.toBeNull();
    const again = await desk.control(desk.owner, 'start_bot');
    expect(again.status).toBe('starting');
    expect((await desk.leaseOf()).fencing_token).toBe('2');
    expect((await desk.runsOf()).map(({ status }) => status)).toEqual(['error', 'running']);
  });
});

describe('Stopping', () => {
  it('tells the runner once, and ends the run when the runner has done it', async () => {
    await desk.startAndRun();
    const stopping = await desk.control(desk.owner, 'stop_bot', { p_reason: 'enough' });
    expect(stopping.status).toBe('stopping');
    expect((await desk.control(desk.owner, 'stop_bot')).command_seq).toBe(stopping.command_seq);
    expect(await desk.openCommands()).toMatchObject([{ type: 'stop_bot', payload: { reason: 'enough' } }]);
    await acknowledgeAll(desk.stack, desk.runner.sessionId);
    expect(await desk.statusOf()).toBe('stopped');
    expect((await desk.runsOf()).map(({ status }) => status)).toEqual(['stopped']);
    expect(await desk.control(desk.owner, 'stop_bot')).toMatchObject({ status: 'stopped', command_seq: null });
  });

  it('is not done while something is open, whoever says so', async () => {
    await desk.startAndRun();
    await openPosition(desk.stack, desk.botId);
    await expect(desk.query(`update public.bots set status = 'stopped' where id = $1`)).rejects.toThrow(
      'bot_has_open_positions',
    );
    await desk.control(desk.owner, 'stop_bot');
    await acknowledgeAll(desk.stack, desk.runner.sessionId);
    expect(await desk.statusOf()).toBe('error');
    expect((await desk.runsOf()).map(({ status }) => status)).toEqual(['running']);
    await closePositions(desk.stack, desk.botId);
    await desk.control(desk.owner, 'stop_bot');
    expect(await desk.statusOf()).toBe('stopping');
    await acknowledgeAll(desk.stack, desk.runner.sessionId);
    expect(await desk.statusOf()).toBe('stopped');
  });

  it('of a bot whose runner is offline is done at once when it holds nothing, and else when the runner is back', async () => {
    const lonely = await signUp(desk.stack, 'lonely');
    const away = await seedRunner(desk.stack, lonely, 'away');
    desk.botId = await makeBot(lonely, { name: 'Holding' });
    await desk.control(lonely, 'start_bot');
    await acknowledgeAll(desk.stack, away.sessionId);
    await openPosition(desk.stack, desk.botId);
    await goOffline(desk.stack, away.sessionId);
    const answer = await desk.control(lonely, 'stop_bot');
    expect(answer).toMatchObject({ status: 'error', command_seq: null });
    expect(answer.message).toContain('when it is back');
    await comeBack(desk.stack, away.sessionId);
    expect(await desk.statusOf()).toBe('stopping');
    expect(await desk.openCommands()).toMatchObject([{ type: 'stop_bot' }]);
    await goOffline(desk.stack, away.sessionId);
    await closePositions(desk.stack, desk.botId);
    expect(await desk.control(lonely, 'stop_bot')).toMatchObject({ status: 'stopped', message: null });
  });
});

describe('Pausing and resuming', () => {
  it('hold at once, and asking again changes nothing', async () => {
    await desk.startAndRun();
    const paused = await desk.control(desk.owner, 'pause_bot');
    expect(paused).toMatchObject({ status: 'paused' });
    expect(await desk.control(desk.owner, 'pause_bot')).toMatchObject({ status: 'paused', command_seq: null });
    expect((await desk.control(desk.owner, 'resume_bot')).status).toBe('running');
    expect(await desk.control(desk.owner, 'resume_bot')).toMatchObject({ status: 'running', command_seq: null });
    expect((await desk.openCommands()).map(({ type }) => type)).toEqual(['pause_bot', 'resume_bot']);
    await acknowledgeAll(desk.stack, desk.runner.sessionId);
    expect(await desk.statusOf()).toBe('running');
  });

  it('count for a bot that is only starting', async () => {
    await desk.control(desk.owner, 'start_bot');
    expect((await desk.control(desk.owner, 'pause_bot')).status).toBe('starting');
    await acknowledgeAll(desk.stack, desk.runner.sessionId);
    expect(await desk.statusOf()).toBe('paused');
  });

  it('are refused for a bot that does not run', async () => {
    expect(await desk.refusal(desk.owner, 'pause_bot')).toEqual([409, 'bot_not_running']);
    expect(await desk.refusal(desk.owner, 'resume_bot')).toEqual([409, 'bot_not_running']);
    expect(await desk.refusal(desk.other, 'pause_bot')).toEqual([404, 'bot_not_found']);
  });
});

describe('A LIVE bot', () => {
  it('starts, and may lose more, only with caps, an enabled credential, and a second factor that was just shown', async () => {
    const trader = await signUp(desk.stack, 'live');
    await giveEncryptionKey(desk.stack);
    // The function's one parameter has no name; the types make it an empty one.
    const credential = await trader.client.rpc('create_credential', {
      exchange: 'kraken',
      name: 'Main',
      key: 'abcdKEYKEYKEYKEYKEYwxyz',
      secret: 'bXkgc2VjcmV0',
    } as never);
    if (credential.error) throw credential.error;
    await seedRunner(desk.stack, trader, 'live machine');
    desk.botId = await makeBot(trader, {
      name: 'Live',
      mode: 'LIVE',
      credential_id: credential.data,
      risk_per_trade: 10,
      daily_risk_cap: 50,
    });
    expect(await desk.refusal(trader, 'start_bot')).toEqual([403, 'second_factor_required']);
    await showSecondFactor(trader.client);
    await desk.query(`update public.exchange_credentials set status = 'disabled' where user_id = $1`, [trader.id]);
    expect(await desk.refusal(trader, 'start_bot')).toEqual([409, 'credential_disabled']);
    await desk.query(`update public.exchange_credentials set status = 'active' where user_id = $1`, [trader.id]);
    // Auth keeps when a factor was shown, and says so in each token of the session.
    const shownAgo = (interval: string) =>
      desk.query(
        `update auth.mfa_amr_claims set updated_at = now() - $2::interval, created_at = now() - $2::interval
         where session_id in (select id from auth.sessions where user_id = $1)`,
        [trader.id, interval],
      );
    await shownAgo('16 minutes');
    await trader.client.auth.refreshSession();
    expect(await desk.refusal(trader, 'start_bot')).toEqual([403, 'recent_factor_required']);
    await shownAgo('14 minutes');
    await trader.client.auth.refreshSession();
    expect((await desk.control(trader, 'start_bot')).status).toBe('starting');

    // What it may lose is widened with as much proof as it was started with, and tightened without any.
    const change = async (caps: object) =>
      (await trader.client.from('bots').update(caps).eq('id', desk.botId)).error?.code ?? 'changed';
    expect(await change({ max_order_value: 100, daily_risk_cap: 60 })).toBe('changed');
    await shownAgo('16 minutes');
    await trader.client.auth.refreshSession();
    for (const wider of [{ risk_per_trade: 11 }, { daily_risk_cap: 61 }, { max_order_value: null }])
      expect(await change(wider)).toBe('recent_factor_required');
    expect(await change({ risk_per_trade: 9, max_order_value: 90, max_daily_trades: 5 })).toBe('changed');
    const limit = async (limits: object) =>
      (await trader.client.from('account_limits').update(limits).eq('user_id', trader.id)).error?.code ?? 'changed';
    expect(await limit({ max_exposure: 500, max_open_orders: 9 })).toBe('changed');
    expect(await limit({ max_exposure: 501 })).toBe('recent_factor_required');
    expect(await limit({ max_open_orders: null })).toBe('recent_factor_required');
    await desk.query(`update public.bots set status = 'stopping' where user_id = $1`, [trader.id]);
    await desk.query(`update public.bots set status = 'stopped' where user_id = $1`, [trader.id]);
    expect(await change({ risk_per_trade: 1000 })).toBe('changed');
    expect(await limit({ max_exposure: null })).toBe('changed');
  });
});

describe('The settings of a bot that runs', () => {
  it('that its run was started with stay, and its caps and hours go to the runner', async () => {
    await desk.startAndRun();
    for (const change of [
      { symbols: ['EURUSD'] },
      { timeframe: '1h' },
      { parameters: { fast: 3 } },
      { settings: { gaps: 'fail' } },
      { initial_balance: 5 },
    ]) {
      const { error } = await desk.owner.client.from('bots').update(change).eq('id', desk.botId);
      expect([Object.keys(change), error?.code]).toEqual([Object.keys(change), 'bot_not_stopped']);
    }
    const update = (change: object) =>
      desk.owner.client.from('bots').update(change).eq('id', desk.botId).throwOnError();
    await update({ max_order_value: 100 });
    await update({ max_order_value: 200, schedule_exchange: 'NYSE' });
    expect(await desk.openCommands()).toMatchObject([
      {
        type: 'update_config',
        payload: { config: { risk: { max_order_value: 200 }, schedule: { exchange: 'NYSE', start_time: '09:30:00' } } },
      },
    ]);
    const [run] = await desk.query('select config from public.trading_runs where bot_id = $1');
    expect(run.config.risk.max_order_value).toBeNull();
  });
});

describe('Each change of status', () => {
  it('is an event of the owner, with the run, and an entry of the audit log', async () => {
    const listener = await signUpAs(desk.stack, 'trader', 'listener');
    const machine = await seedRunner(desk.stack, listener, 'machine');
    desk.botId = await makeBot(listener, { name: 'Told of' });
    const { run_id } = await desk.control(listener, 'start_bot');
    await acknowledgeAll(desk.stack, machine.sessionId);
    await desk.control(listener, 'stop_bot', { p_reason: 'enough' });
    await acknowledgeAll(desk.stack, machine.sessionId);
    const { data } = await listener.client.from('events').select('payload').eq('event', 'bot_status').order('seq');
    expect(data?.map(({ payload }) => payload)).toMatchObject(
      ['starting', 'running', 'stopping', 'stopped'].map((status) => ({
        bot_id: desk.botId,
        run_id,
        status,
        error: null,
      })),
    );
    const entries = await desk.query(
      `select action, details from public.audit_log where resource_id = $1 and action like 'bots.%requested' order by seq`,
    );
    expect(entries).toMatchObject([
      { action: 'bots.start_requested', details: { run_id } },
      { action: 'bots.stop_requested', details: { reason: 'enough' } },
    ]);
  });
});
