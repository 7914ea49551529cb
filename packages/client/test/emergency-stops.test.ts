import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asPostgres } from './support/as-role.ts';
import { liftLimits } from './support/lift-limits.ts';
import { accessTokenOf, anonymous, grantRole, type Persona, signUp, signUpAdmin } from './support/personas.ts';
import {
  acknowledgeAll,
  acknowledgeNext,
  closePositions,
  comeBack,
  goOffline,
  openPosition,
  type SeededRunner,
  seedRunner,
} from './support/seed-runner.ts';
import { makeBot } from './support/seed-trading.ts';

/** Emergency stops of bots, users and the system: who may engage and release them, and what they do. */
let stack: TestStack;
let owner: Persona;
let other: Persona;
let admin: Persona;
let runner: SeededRunner;
let botId: string;

beforeAll(async () => {
  stack = await startStack();
  await liftLimits(stack);
  [other, admin] = await Promise.all([signUp(stack, 'other'), signUpAdmin(stack, 'admin')]);
});

afterAll(() => stack?.stop());

// Each with an owner and a runner of their own, so that no stop of one reaches another.
beforeEach(async () => {
  owner = await signUp(stack, 'owner');
  runner = await seedRunner(stack, owner, 'machine');
  botId = await runningBot(owner, 'Bot', runner);
});

async function runningBot({ client, ...who }: Persona, name: string, on: SeededRunner): Promise<string> {
  const id = await makeBot({ client, ...who }, { name });
  await client.rpc('start_bot', { p_bot_id: id, p_runner_session_id: on.sessionId }).throwOnError();
  await acknowledgeAll(stack, on.sessionId);
  return id;
}

async function engage({ client }: Pick<Persona, 'client'>, scope: string, more: object = {}) {
  const { data, error } = await client.rpc('engage_emergency_stop', { p_scope: scope, p_reason: 'Smoke', ...more });
  if (error) throw error;
  return data;
}

async function refusal({ client }: Pick<Persona, 'client'>, scope: string, more: object = {}) {
  const { error, status } = await client.rpc('engage_emergency_stop', { p_scope: scope, p_reason: 'Smoke', ...more });
  return [status, error?.code];
}

const release = ({ client }: Pick<Persona, 'client'>, id: string) =>
  client.rpc('release_emergency_stop', { p_halt_id: id });

async function query(statement: string, values: unknown[]) {
  const { rows } = await asPostgres(stack, (postgres) => postgres.query(statement, values));
  return rows;
}

async function statusOf(id = botId): Promise<string> {
  const [bot] = await query('select status from public.bots where id = $1', [id]);
  return bot.status;
}

const stopsFor = ({ sessionId }: SeededRunner) =>
  query(
    `select bot_id, payload from public.runner_commands
     where runner_session_id = $1 and type = 'emergency_stop' and status = 'queued' order by seq`,
    [sessionId],
  );

/** Resolves when somebody is engaging a stop of the user. */
async function untilEngaging(postgres: pg.Client, userId: string) {
  const holders = `
    select from pg_locks l where l.locktype = 'advisory' and l.mode = 'ExclusiveLock' and l.granted
      and (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('trading halts of ' || $1, 0)`;
  await expect.poll(async () => (await postgres.query(holders, [userId])).rowCount).toBe(1);
}

describe('An emergency stop of a bot', () => {
  it('pauses it and tells its runner, which stops it if it holds nothing', async () => {
    const halt = await engage(owner, 'bot', { p_bot_id: botId });
    expect(halt).toMatchObject({ scope: 'bot', bot_id: botId, reason: 'Smoke', engaged_by: owner.id });
    expect(await statusOf()).toBe('paused');
    expect(await stopsFor(runner)).toEqual([{ bot_id: botId, payload: { reason: 'Smoke', close_positions: false } }]);
    await acknowledgeAll(stack, runner.sessionId);
    expect(await statusOf()).toBe('stopped');
    const refused = await owner.client.rpc('start_bot', { p_bot_id: botId });
    expect([refused.status, refused.error?.code]).toEqual([409, 'trading_halted']);
    await release(owner, halt.id).throwOnError();
    await owner.client.rpc('start_bot', { p_bot_id: botId }).throwOnError();
  });

  it('lets it keep what it holds, paused until its owner resumes it', async () => {
    await openPosition(stack, botId);
    const halt = await engage(owner, 'bot', { p_bot_id: botId });
    await acknowledgeAll(stack, runner.sessionId);
    expect(await statusOf()).toBe('paused');
    const refused = await owner.client.rpc('resume_bot', { p_bot_id: botId });
    expect(refused.error?.code).toBe('trading_halted');
    await release(owner, halt.id).throwOnError();
    await owner.client.rpc('resume_bot', { p_bot_id: botId }).throwOnError();
    expect(await statusOf()).toBe('running');
  });

  it('that closes positions is done when nothing is open, and else an error', async () => {
    const second = await runningBot(owner, 'Holding', runner);
    await openPosition(stack, second);
    await engage(owner, 'user', { p_close_positions: true });
    expect([await statusOf(), await statusOf(second)]).toEqual(['stopping', 'stopping']);
    await acknowledgeAll(stack, runner.sessionId);
    expect([await statusOf(), await statusOf(second)]).toEqual(['stopped', 'error']);
  });

  it('that was asked for just before a start, and waited for it, stops what was started', async () => {
    const started = await makeBot(owner, { name: 'Started meanwhile' });
    const claims = Buffer.from((await accessTokenOf(owner.client)).split('.')[1] ?? '', 'base64url').toString();
    await asPostgres(stack, async (postgres) => {
      await postgres.query('begin');
      // The transaction of the stop begins here, by its clock.
      await postgres.query(`select set_config('request.jwt.claims', $1, true)`, [claims]);
      await owner.client.rpc('start_bot', { p_bot_id: started }).throwOnError();
      await postgres.query(`select public.engage_emergency_stop('bot', 'Smoke', $1, true)`, [started]);
      await postgres.query('commit');
    });
    expect(await statusOf(started)).toBe('stopping');
    await acknowledgeAll(stack, runner.sessionId);
    expect(await statusOf(started)).toBe('stopped');
  });

  it('engaged twice at once is one, and becomes one that closes positions when that is asked for', async () => {
    const [first, second] = await Promise.all([
      engage(owner, 'bot', { p_bot_id: botId }),
      engage(owner, 'bot', { p_bot_id: botId }),
    ]);
    expect(first.id).toBe(second.id);
    expect(await stopsFor(runner)).toHaveLength(1);
    const closing = await engage(owner, 'bot', { p_bot_id: botId, p_close_positions: true });
    expect(closing).toMatchObject({ id: first.id, close_positions: true });
    expect(await statusOf()).toBe('stopping');
    expect(await stopsFor(runner)).toMatchObject([
      { payload: { close_positions: false } },
      { payload: { close_positions: true } },
    ]);
    await openPosition(stack, botId);
    await acknowledgeNext(stack, runner.sessionId);
    expect(await statusOf()).toBe('stopping');
    await closePositions(stack, botId);
    await acknowledgeNext(stack, runner.sessionId);
    expect(await statusOf()).toBe('stopped');
  });

  it('does not become one of all bots of the runner when its bot is deleted before the runner has heard of it', async () => {
    await runningBot(owner, 'Bystander', runner);
    await engage(owner, 'bot', { p_bot_id: botId, p_close_positions: true });
    await query(`select private.end_run(run_id, 'stopped') from public.bot_leases where bot_id = $1`, [botId]);
    expect(await stopsFor(runner)).toHaveLength(1);
    await owner.client.from('bots').delete().eq('id', botId).throwOnError();
    expect(await stopsFor(runner)).toEqual([]);
    const { data: heard } = await runner.client
      .rpc('runner_heartbeat', {
        p_machine_info: {},
        p_active_bot_ids: [],
        p_sent_at: new Date().toISOString(),
      })
      .throwOnError();
    expect(heard).toMatchObject({ commands: [] });
  });

  it('cannot be engaged by anyone else, nor seen, nor released', async () => {
    expect(await refusal(other, 'bot', { p_bot_id: botId })).toEqual([404, 'bot_not_found']);
    expect(await refusal(runner, 'bot', { p_bot_id: botId })).toEqual([403, 'forbidden']);
    expect((await refusal({ client: anonymous(stack) }, 'bot', { p_bot_id: botId }))[0]).toBe(401);
    const halt = await engage(owner, 'bot', { p_bot_id: botId });
    expect((await other.client.from('trading_halts').select('id')).data).toEqual([]);
    expect((await release(other, halt.id)).error?.code).toBe('halt_not_found');
    expect((await release(runner, halt.id)).error?.code).toBe('halt_not_found');
  });

  it('needs a reason and a bot', async () => {
    expect(await refusal(owner, 'bot')).toEqual([422, 'invalid_request']);
    expect(await refusal(owner, 'user', { p_bot_id: botId })).toEqual([422, 'invalid_request']);
    expect(await refusal(owner, 'all')).toEqual([422, 'invalid_request']);
    expect(await refusal(owner, 'user', { p_reason: ' ' })).toEqual([422, 'invalid_request']);
  });
});

describe('An emergency stop of a user', () => {
  it('reaches every runner of the user, those without bots too, and nobody else', async () => {
    const idle = await seedRunner(stack, owner, 'idle machine');
    const foreign = await seedRunner(stack, other, `machine ${owner.id}`);
    const foreignBot = await runningBot(other, `Bot ${owner.id}`, foreign);
    await engage(owner, 'user');
    expect(await stopsFor(runner)).toMatchObject([{ bot_id: null }]);
    expect(await stopsFor(idle)).toMatchObject([{ bot_id: null }]);
    expect(await stopsFor(foreign)).toEqual([]);
    expect([await statusOf(), await statusOf(foreignBot)]).toEqual(['paused', 'running']);
    const { data } = await owner.client.from('alert_history').select('severity, message').eq('alert_type', 'risk');
    expect(data).toEqual([{ severity: 'critical', message: 'Emergency stop: Smoke' }]);
  });

  it('is open to one who may only read any more, as releasing it is not', async () => {
    await grantRole(stack, owner, 'viewer');
    const halt = await engage(owner, 'user');
    expect((await release(owner, halt.id)).error?.code).toBe('forbidden');
    await grantRole(stack, owner, 'trader');
    const { data } = await release(owner, halt.id);
    expect(data).toMatchObject({ id: halt.id, released_by: owner.id });
    expect((await release(owner, halt.id)).data).toEqual(data);
  });

  it('is carried out by a runner that was offline when it is back', async () => {
    await query(`update public.bots set offline_policy = 'resume' where id = $1`, [botId]);
    await openPosition(stack, botId);
    await goOffline(stack, runner.sessionId);
    await engage(owner, 'user', { p_close_positions: true });
    expect(await statusOf()).toBe('error');
    await comeBack(stack, runner.sessionId);
    expect(await statusOf()).toBe('stopping');
  });

  it('is told to a runner though it has more to do than commands are taken', async () => {
    await query(
      `insert into public.runner_commands (runner_session_id, user_id, type) select $1, $2, 'ping' from generate_series(1, 200)`,
      [runner.sessionId, owner.id],
    );
    await engage(owner, 'user');
    expect(await stopsFor(runner)).toHaveLength(1);
  });

  it('of theirs keeps nobody else waiting, though it must wait itself', async () => {
    const foreign = await seedRunner(stack, other, `machine ${owner.id}`);
    const foreignBot = await makeBot(other, { name: `Bot ${owner.id}` });
    await asPostgres(stack, async (postgres) => {
      // As a long report of the bot holds it.
      await postgres.query(`begin; select from public.bot_leases where bot_id = '${botId}' for update`);
      const engaged = engage(owner, 'user');
      await untilEngaging(postgres, owner.id);
      await other.client
        .rpc('start_bot', { p_bot_id: foreignBot, p_runner_session_id: foreign.sessionId })
        .throwOnError();
      await postgres.query('rollback');
      expect(await engaged).toMatchObject({ scope: 'user' });
    });
  });
});

describe('What is refused under an emergency stop', () => {
  it('is told which one it is, why, and what releases it; of the system not whose it is', async () => {
    await acknowledgeAll(stack, runner.sessionId);
    await owner.client.rpc('stop_bot', { p_bot_id: botId }).throwOnError();
    await acknowledgeAll(stack, runner.sessionId);
    const ofBot = await engage(owner, 'bot', { p_bot_id: botId, p_reason: 'Odd fills' });
    const ofUser = await engage(owner, 'user', { p_reason: 'Holiday' });
    const ofSystem = await engage(admin, 'system', { p_reason: 'Exchange down' });
    const start = async () => (await owner.client.rpc('start_bot', { p_bot_id: botId })).error;
    const told = {
      bot: `an emergency stop of the bot is engaged (Odd fills): release it with DELETE functions/v1/api/emergency-stop/${ofBot.id}`,
      user: `an emergency stop of your account is engaged (Holiday): release it with DELETE functions/v1/api/emergency-stop/${ofUser.id}`,
      system: 'an emergency stop of the whole system is engaged (Exchange down): only an admin can release it',
    };
    try {
      expect(await start()).toMatchObject({
        code: 'trading_halted',
        message: [told.bot, told.system, told.user].join('; '),
      });
      await release(owner, ofBot.id).throwOnError();
      await release(owner, ofUser.id).throwOnError();
      const error = await start();
      expect(error).toMatchObject({ code: 'trading_halted', message: told.system });
      expect(JSON.stringify(error)).not.toMatch(new RegExp(`${admin.id}|${ofSystem.id}`));
    } finally {
      await release(admin, ofSystem.id).throwOnError();
    }
    expect(await start()).toBeNull();
  });
});

describe('An emergency stop of the system', () => {
  it('is for admins alone, and stops everyone', async () => {
    expect(await refusal(owner, 'system')).toEqual([403, 'forbidden']);
    const halt = await engage(admin, 'system');
    try {
      expect(halt).toMatchObject({ scope: 'system', user_id: null, engaged_by: admin.id });
      expect(await statusOf()).toBe('paused');
      expect(await stopsFor(runner)).toMatchObject([{ bot_id: null }]);
      expect((await release(owner, halt.id)).error?.code).toBe('forbidden');
      const seen = await owner.client.from('trading_halts').select('scope').eq('id', halt.id);
      expect(seen.data).toEqual([{ scope: 'system' }]);
      await acknowledgeAll(stack, runner.sessionId);
      const refused = await owner.client.rpc('start_bot', { p_bot_id: botId });
      expect(refused.error?.message).toContain('system');
    } finally {
      await release(admin, halt.id).throwOnError();
    }
    await owner.client.rpc('start_bot', { p_bot_id: botId }).throwOnError();
  });

  it('is engaged though a user holds on to a bot, whose runner is told later', async () => {
    const foreign = await seedRunner(stack, other, `machine ${owner.id}`);
    const foreignBot = await runningBot(other, `Bot ${owner.id}`, foreign);
    await asPostgres(stack, async (postgres) => {
      await postgres.query(`begin; select from public.bot_leases where bot_id = '${botId}' for update`);
      const halt = await engage(admin, 'system');
      try {
        expect([await statusOf(), await statusOf(foreignBot)]).toEqual(['running', 'paused']);
        await postgres.query('rollback');
        await query('select private.carry_out_halts()', []);
        expect(await statusOf()).toBe('paused');
        expect(await stopsFor(runner)).toHaveLength(1);
        expect(await query('select from private.halts_pending', [])).toEqual([]);
      } finally {
        await release(admin, halt.id).throwOnError();
      }
    });
  });

  it('is told to runners whose owners have stopped them over and over', async () => {
    await query(
      `insert into public.runner_commands (runner_session_id, user_id, type, payload)
       select $1, $2, 'emergency_stop', '{"close_positions": false}' from generate_series(1, 1000)`,
      [runner.sessionId, owner.id],
    );
    const halt = await engage(admin, 'system');
    await release(admin, halt.id).throwOnError();
    expect(await stopsFor(runner)).toEqual([{ bot_id: null, payload: { reason: 'Smoke', close_positions: false } }]);
  });
});
