import { BotControl } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { liftLimits } from './support/lift-limits.ts';
import { type Persona, signUp } from './support/personas.ts';
import { acknowledgeAll, comeBack, openPosition, type SeededRunner, seedRunner } from './support/seed-runner.ts';
import { makeBot } from './support/seed-trading.ts';

/** Starts of bots that come to nothing, and what their owners are told of it. */
let stack: TestStack;
let owner: Persona;
let runner: SeededRunner;
let botId: string;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
});

afterAll(() => stack?.stop());

beforeEach(async () => {
  owner = await signUp(stack, 'owner');
  runner = await seedRunner(stack, owner, 'machine');
  botId = await makeBot(owner, { name: 'Bot' });
});

async function query(statement: string, values: unknown[] = []) {
  const { rows } = await asPostgres(stack, (postgres) => postgres.query(statement, values));
  return rows;
}

async function start(): Promise<string> {
  const { data } = await owner.client.rpc('start_bot', { p_bot_id: botId }).throwOnError();
  return String(BotControl.parse(data).run_id);
}

async function fallSilent(): Promise<void> {
  await query(`update public.runner_sessions set last_heartbeat_at = now() - interval '40 seconds' where id = $1`, [
    runner.sessionId,
  ]);
  await query('select private.mark_silent_runners()');
}

async function botAsShown() {
  const { data } = await owner.client.from('bots').select('status, last_error').eq('id', botId).single();
  return data;
}

async function alerts() {
  const { data } = await owner.client
    .from('alert_history')
    .select('severity, message, metadata')
    .eq('bot_id', botId)
    .order('created_at');
  return data;
}

describe('A start that comes to nothing', () => {
  const WAYS: readonly [string, string, RegExp, () => Promise<unknown>][] = [
    ['because the runner was killed', 'runner_offline', /not been heard of for 40 s.*Start the bot again/, fallSilent],
    [
      'because the runner has left',
      'runner_offline',
      /it has left.*Start the bot again/,
      async () => runner.client.rpc('disconnect_runner').throwOnError(),
    ],
    [
      'because the key of the runner was revoked',
      'runner_offline',
      /key was revoked.*Start the bot again/,
      async () => {
        await owner.client.rpc('revoke_api_key', { p_api_key_id: runner.apiKeyId }).throwOnError();
        await query('select private.mark_silent_runners()');
      },
    ],
    [
      'because the runner does nothing',
      'command_expired',
      /did not carry out start_bot in time/,
      async () => {
        await query('update public.runner_commands set expires_at = now() where runner_session_id = $1', [
          runner.sessionId,
        ]);
        await query('select private.expire_runner_commands()');
      },
    ],
    [
      'because the runner refuses it',
      'live_not_supported',
      /trades PAPER bots alone/,
      async () =>
        acknowledgeAll(stack, runner.sessionId, { code: 'live_not_supported', message: 'It trades PAPER bots alone' }),
    ],
  ];

  it.each(WAYS)('%s is shown with its cause, and the bot can be started again', async (_way, cause, words, fail) => {
    const runId = await start();
    await fail();
    const shown = await botAsShown();
    expect(shown).toEqual({ status: 'error', last_error: expect.stringMatching(words) });
    const run = await owner.client.from('trading_runs').select('status, error').eq('id', runId).single();
    expect(run.data).toEqual({ status: 'error', error: shown?.last_error });
    const events = await owner.client
      .from('bot_events')
      .select('severity, message, metadata')
      .eq('run_id', runId)
      .eq('type', 'start_failed');
    expect(events.data).toEqual([{ severity: 'ERROR', message: shown?.last_error, metadata: { cause } }]);
    const { data: told } = await owner.client.from('events').select('payload').eq('event', 'bot_status').order('seq');
    expect(told?.at(-1)?.payload).toMatchObject({
      bot_id: botId,
      run_id: runId,
      status: 'error',
      error: shown?.last_error,
    });
    expect(await alerts()).toEqual([
      {
        severity: 'critical',
        message: `The bot Bot is in the status error: ${shown?.last_error}`,
        metadata: { code: 'start_failed', cause },
      },
    ]);
    await seedRunner(stack, owner, 'another machine');
    await owner.client.rpc('start_bot', { p_bot_id: botId }).throwOnError();
    expect(await botAsShown()).toEqual({ status: 'starting', last_error: null });
  });

  it('is one that the owner is told of, too, where the bot goes on when its runner is back', async () => {
    await query(`update public.bots set offline_policy = 'resume' where id = $1`, [botId]);
    await start();
    await fallSilent();
    expect(await botAsShown()).toEqual({ status: 'error', last_error: expect.stringContaining('not been heard of') });
    expect(await alerts()).toMatchObject([{ severity: 'critical', metadata: { code: 'runner_offline' } }]);
    await comeBack(stack, runner.sessionId);
    expect(await botAsShown()).toEqual({ status: 'starting', last_error: null });
  });

  it('is none where its owner has stopped it meanwhile', async () => {
    await start();
    await owner.client.rpc('stop_bot', { p_bot_id: botId }).throwOnError();
    await fallSilent();
    expect(await botAsShown()).toEqual({ status: 'stopped', last_error: null });
    expect(await alerts()).toEqual([]);
  });
});

describe('A bot that runs', () => {
  it('and is stopped because its runner is gone says so', async () => {
    const runId = await start();
    await acknowledgeAll(stack, runner.sessionId);
    await fallSilent();
    const absence = expect.stringMatching(/^The runner is offline: it has not been heard of for 40 s/);
    expect(await botAsShown()).toEqual({ status: 'stopped', last_error: absence });
    const events = await owner.client.from('bot_events').select('type, message').eq('run_id', runId).order('id');
    expect(events.data?.slice(-2)).toEqual([
      { type: 'runner_offline', message: expect.stringContaining('holds nothing, and is stopped') },
      { type: 'stopped', message: 'The bot has stopped' },
    ]);
  });

  it('and waits with what it holds says for what', async () => {
    await start();
    await acknowledgeAll(stack, runner.sessionId);
    await openPosition(stack, botId);
    await fallSilent();
    expect(await botAsShown()).toEqual({ status: 'error', last_error: expect.stringContaining('not been heard of') });
  });
});
