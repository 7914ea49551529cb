import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { BotDesk } from './support/bot-desk.ts';
import { accessTokenOf, signUp } from './support/personas.ts';
import { acknowledgeAll, comeBack, goOffline, openPosition, seedRunner } from './support/seed-runner.ts';
import { makeBot } from './support/seed-trading.ts';

/** What is asked of a bot late, at the same time, or while its runner is away. */
const desk = new BotDesk();

describe('A late acknowledgement', () => {
  it('of an older run undoes nothing of a newer one', async () => {
    await desk.startAndRun();
    const [old] = await desk.query(
      `select c.seq from public.runner_commands c where bot_id = $1 and type = 'start_bot'`,
    );
    await desk.control(desk.owner, 'stop_bot');
    await acknowledgeAll(desk.stack, desk.runner.sessionId);
    await desk.control(desk.owner, 'start_bot');
    await desk.query(
      `select private.apply_acknowledgement(c, '{"code": "late", "message": "late"}') from public.runner_commands c
       where runner_session_id = $1 and seq = $2`,
      [desk.runner.sessionId, old.seq],
    );
    expect(await desk.statusOf()).toBe('starting');
  });
});

describe('A runner that goes offline', () => {
  const policies = { hold: 'error', flatten: 'stopping', resume: 'starting' } as const;
  for (const [policy, status] of Object.entries(policies)) {
    it(`leaves a bot that holds something in error, and brings it to ${status} when it is back, under ${policy}`, async () => {
      await desk.query('update public.bots set offline_policy = $2 where id = $1', [desk.botId, policy]);
      await desk.startAndRun();
      await openPosition(desk.stack, desk.botId);
      await goOffline(desk.stack, desk.runner.sessionId);
      expect(await desk.statusOf()).toBe('error');
      expect((await desk.runsOf()).map((run) => run.status)).toEqual(['running']);
      await comeBack(desk.stack, desk.runner.sessionId);
      expect(await desk.statusOf()).toBe(status);
      if (policy === 'resume') {
        expect(await desk.openCommands()).toMatchObject([
          { type: 'start_bot', payload: { resumes: true, fencing_token: 2 } },
        ]);
        await acknowledgeAll(desk.stack, desk.runner.sessionId);
        expect(await desk.statusOf()).toBe('running');
      }
    });
  }

  it('stops a bot that holds nothing', async () => {
    await desk.startAndRun();
    await goOffline(desk.stack, desk.runner.sessionId);
    expect(await desk.statusOf()).toBe('stopped');
    expect((await desk.runsOf()).map(({ status }) => status)).toEqual(['stopped']);
    await comeBack(desk.stack, desk.runner.sessionId);
  });

  it('and holds something else when it is back leaves the bot in error, unreconciled', async () => {
    await desk.query(`update public.bots set offline_policy = 'resume' where id = $1`);
    await desk.startAndRun();
    await openPosition(desk.stack, desk.botId);
    await goOffline(desk.stack, desk.runner.sessionId);
    await comeBack(desk.stack, desk.runner.sessionId, false);
    expect(await desk.statusOf()).toBe('error');
    expect(await desk.leaseOf()).toMatchObject({ reconciled: false, intent: 'hold' });
  });

  it('loses its bot to another that is named, and has nothing more to do for it', async () => {
    await desk.startAndRun();
    const { run_id: runId } = await desk.leaseOf();
    await openPosition(desk.stack, desk.botId);
    await desk.query('select private.fail_bot(run_id, $2, $3) from public.bot_leases where bot_id = $1', [
      desk.botId,
      'broken',
      'It broke',
    ]);
    const second = await seedRunner(desk.stack, desk.owner, 'rescuer');
    const taken = await desk.control(desk.owner, 'start_bot', { p_runner_session_id: second.sessionId });
    expect(taken).toMatchObject({ run_id: runId, runner_session_id: second.sessionId });
    expect(await desk.leaseOf()).toMatchObject({ fencing_token: '2', reconciled: false, intent: 'run' });
    expect(await desk.openCommands()).toMatchObject([
      { type: 'start_bot', payload: { resumes: true, fencing_token: 2 } },
    ]);
    // Beyond all that the first may have sent without an answer: when it is back, it knows that it was overtaken.
    const reportedSeq = () => desk.query('select last_report_seq from public.trading_runs where bot_id = $1');
    expect(await reportedSeq()).toEqual([{ last_report_seq: '1000000000' }]);
    await desk.query('select private.fail_bot(run_id, $2, $3) from public.bot_leases where bot_id = $1', [
      desk.botId,
      'x',
      'y',
    ]);
    await desk.control(desk.owner, 'start_bot', { p_runner_session_id: second.sessionId });
    expect(await reportedSeq()).toEqual([{ last_report_seq: '1000000000' }]);
    await goOffline(desk.stack, second.sessionId);
  });
});

describe('Calls at the same time', () => {
  it('about one bot, of its owner and of its runner, wait for each other and leave what belongs together', async () => {
    const hasty = await signUp(desk.stack, 'hasty');
    const machine = await seedRunner(desk.stack, hasty, 'machine');
    desk.botId = await makeBot(hasty, { name: 'Hurried' });
    const { client } = hasty;
    const codes = new Set<string | undefined>();
    for (let round = 0; round < 6; round += 1) {
      await client.rpc('start_bot', { p_bot_id: desk.botId });
      const commands = await client.from('runner_commands').select('seq').in('status', ['queued', 'delivered']);
      const answers = await Promise.all([
        client.rpc('pause_bot', { p_bot_id: desk.botId }),
        client.rpc('resume_bot', { p_bot_id: desk.botId }),
        client.rpc('stop_bot', { p_bot_id: desk.botId }),
        client.rpc('engage_emergency_stop', {
          p_scope: round % 2 === 0 ? 'user' : 'bot',
          p_reason: 'Haste',
          p_close_positions: round % 3 === 0,
          ...(round % 2 === 1 && { p_bot_id: desk.botId }),
        }),
        client
          .from('bots')
          .update({ max_order_value: round + 1 })
          .eq('id', desk.botId),
        ...(commands.data ?? []).map(({ seq }) => machine.client.rpc('acknowledge_command', { p_seq: seq })),
      ]);
      for (const { error } of answers) codes.add(error?.code);
      const halts = await client.from('trading_halts').select('id').is('released_at', null);
      for (const { id } of halts.data ?? [])
        await client.rpc('release_emergency_stop', { p_halt_id: id }).throwOnError();
      await acknowledgeAll(desk.stack, machine.sessionId);
    }
    codes.delete(undefined);
    expect([...codes].filter((code) => code !== 'bot_not_running' && code !== 'trading_halted')).toEqual([]);
    await client.rpc('stop_bot', { p_bot_id: desk.botId }).throwOnError();
    await acknowledgeAll(desk.stack, machine.sessionId);
    expect(await desk.statusOf()).toBe('stopped');
    expect((await desk.runsOf()).filter(({ status }) => status === 'running')).toEqual([]);
    expect((await desk.leaseOf()).released_at).not.toBeNull();
  });
});

describe('A first start', () => {
  it('and a stop that has not seen it leave no bot stopped that runs', async () => {
    const start = new pg.Client({ connectionString: desk.stack.databaseUrl() });
    await start.connect();
    try {
      await start.query('begin');
      await start.query(`select set_config('request.jwt.claims', $1, true)`, [
        Buffer.from((await accessTokenOf(desk.owner.client)).split('.')[1] ?? '', 'base64url').toString(),
      ]);
      await start.query('select private.lock_own_bot($1, $2)', [desk.botId, desk.owner.id]);
      const stopped = desk.control(desk.owner, 'stop_bot');
      await expect
        .poll(
          async () =>
            (
              await desk.query(
                `select count(*)::integer as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
                [],
              )
            )[0].waiting,
        )
        .toBeGreaterThan(0);
      await start.query('select private.start_bot($1, null)', [desk.botId]);
      await start.query('commit');
      expect((await stopped).status).toBe('stopping');
    } finally {
      await start.end();
    }
    await acknowledgeAll(desk.stack, desk.runner.sessionId);
    expect(await desk.statusOf()).toBe('stopped');
    expect((await desk.runsOf()).map(({ status }) => status)).toEqual(['stopped']);
  });
});

describe('The end of a run', () => {
  it('that was asked for before its start, and waited for that, is not before it', async () => {
    await asPostgres(desk.stack, async (postgres) => {
      await postgres.query('begin');
      // By its clock, the transaction of the end begins here.
      await postgres.query('select now()');
      await desk.startAndRun();
      await postgres.query(`select private.end_run(run_id, 'stopped') from public.bot_leases where bot_id = $1`, [
        desk.botId,
      ]);
      await postgres.query('commit');
    });
    expect(await desk.statusOf()).toBe('stopped');
  });
});
