import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BotControl } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { asPostgres } from '../../client/test/support/as-role.ts';
import { makeKey } from '../../client/test/support/connect-runner.ts';
import { liftLimits } from '../../client/test/support/lift-limits.ts';
import { type Persona, signUp, withToken } from '../../client/test/support/personas.ts';
import { makeBot } from '../../client/test/support/seed-trading.ts';
import { type BotExecutor, connectRunner, type RejectedItem, type Runner } from '../src/index.ts';

/** What a runner should not send, with the token that it really has: one clear error each, and what is beside it is there. */
let stack: TestStack;
let owner: Persona;
let other: Persona;
let runner: Runner;
let stateDir: string;
let runId: string;
let rejected: RejectedItem[];

beforeAll(async () => {
  stack = await startStack({ functions: true });
  await liftLimits(stack);
  await sql(`update public.system_config set value = '1' where key = 'runner.heartbeat_interval_s'`);
  [owner, other] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other')]);
});

afterAll(() => stack?.stop());

beforeEach(async () => {
  rejected = [];
  stateDir = await mkdtemp(join(tmpdir(), 'bad-inputs-'));
  runner = await connect(owner, stateDir);
  await runner.start(EXECUTOR);
  runId = await startBot(owner);
});

afterEach(async () => {
  await runner.stop();
  await rm(stateDir, { recursive: true, force: true });
});

const Data = z.record(z.string(), z.json());

/** Does whatever it is told, at once. */
const EXECUTOR: BotExecutor = {
  execute: async () => {},
  attach: async () => ({ positions: [], open_orders: [] }),
  proceed: () => {},
  release: () => {},
};

const AT = '2024-01-02T15:00:00Z';
const log = (message: string) => ({ kind: 'log', level: 'INFO', message, at: AT });
const intent = {
  symbol: 'ACME',
  side: 'buy',
  type: 'market',
  quantity: 10,
  reference_price: 100,
  stop_loss: 95,
  at: AT,
};
const fill = (external_id: string, changes: object = {}) => ({
  kind: 'fill',
  client_order_id: '1',
  external_id,
  symbol: 'ACME',
  side: 'buy',
  quantity: 10,
  price: 100,
  at: AT,
  ...changes,
});

// biome-ignore lint/suspicious/noExplicitAny: rows as Postgres gives them
async function sql(statement: string, values: unknown[] = []): Promise<any[]> {
  const { rows } = await asPostgres(stack, (client) => client.query(statement, values));
  return rows;
}

async function connect(user: Persona, dir: string): Promise<Runner> {
  const { key: apiKey } = await makeKey(user);
  const { publishableKey } = stack.keys;
  return connectRunner({
    url: stack.apiUrl,
    publishableKey,
    apiKey,
    version: '1.0',
    stateDir: dir,
    onRejected: (item) => rejected.push(item),
  });
}

async function startBot(user: Persona): Promise<string> {
  const botId = await makeBot(user, { name: crypto.randomUUID(), symbols: ['ACME'], initial_balance: 10_000 });
  const { data } = await user.client.rpc('start_bot', { p_bot_id: botId }).throwOnError();
  await expect
    .poll(async () => (await sql('select status from public.bots where id = $1', [botId]))[0].status)
    .toBe('running');
  return String(BotControl.parse(data).run_id);
}

const asRunner = () => withToken(stack, runner.token.token);

/** Reports as a program would that does not check what it sends. */
const report = (p_first_seq: number, items: readonly unknown[], p_run_id = runId, p_fencing_token = 1) =>
  asRunner().rpc('report_run', { p_run_id, p_fencing_token, p_first_seq, p_items: items as never });

const linesOf = async (id: string) =>
  (await sql('select message from public.run_logs where run_id = $1 order by seq', [id])).map(({ message }) => message);

describe('A report', () => {
  it('with items that are none loses these alone', async () => {
    await asRunner()
      .rpc('submit_order_intents', {
        p_run_id: runId,
        p_fencing_token: 1,
        p_intents: [{ client_order_id: '1', ...intent }],
      })
      .throwOnError();
    const { data } = await report(1, [
      log('before'),
      fill('too large', { quantity: 11 }),
      fill('no price', { price: Number.NaN }),
      fill('NaN', { price: 'NaN' }),
      log('x'.repeat(5000)),
      { ...log('ahead'), at: new Date(Date.now() + 5 * 60_000).toISOString() },
      { kind: 'wish', at: AT },
      fill('right'),
      log('after'),
    ]).throwOnError();
    expect(data).toMatchObject({
      last_seq: 9,
      rejected: ['overfill', 'invalid_item', 'invalid_item', 'invalid_item', 'clock_skew', 'unknown_kind'].map(
        (code, n) => ({ seq: n + 2, code, message: expect.stringMatching(/\w/) }),
      ),
    });
    expect(await linesOf(runId)).toEqual(['before', 'after']);
    expect(await sql('select external_id, quantity::int from public.fills where run_id = $1', [runId])).toEqual([
      { external_id: 'right', quantity: 10 },
    ]);
  });

  it('with a line of a megabyte is refused whole, and may be sent again without it', async () => {
    const { error } = await report(1, [log('beside'), log('x'.repeat(1_000_000))]);
    expect(error?.code).toBe('invalid_request');
    expect(error?.message).toContain('262144 bytes');
    await report(1, [log('beside')]).throwOnError();
    expect(await linesOf(runId)).toEqual(['beside']);
  });

  it('of which the server can read nothing loses what it cannot read, and no fill beside it', async () => {
    await asRunner()
      .rpc('submit_order_intents', {
        p_run_id: runId,
        p_fencing_token: 1,
        p_intents: [{ client_order_id: '1', ...intent }],
      })
      .throwOnError();
    const [{ bot_id }] = await sql('select bot_id from public.bot_leases where run_id = $1', [runId]);
    const run = await runner.hold({ run_id: runId, bot_id, fencing_token: 1, last_report_seq: 0 });
    const said = (message: string, data: z.infer<typeof Data>) => ({
      kind: 'log' as const,
      level: 'INFO' as const,
      message,
      data,
      at: AT,
    });
    await run.report(
      said('NUL', { text: 'a\0b' }),
      said('fine', {}),
      said('half a pair', { text: '\ud83d' }),
      said('many numbers', { numbers: Array.from({ length: 40_000 }, () => 0) }),
      said('large', { text: 'x'.repeat(500_000) }),
    );
    await run.report({
      kind: 'fill',
      client_order_id: '1',
      external_id: 'right',
      symbol: 'ACME',
      side: 'buy',
      quantity: 10,
      price: 100,
      at: AT,
    });
    await run.flush();
    expect(await sql('select external_id from public.fills where run_id = $1', [runId])).toEqual([
      { external_id: 'right' },
    ]);
    const unreadable = (code: string) => `The server could not read a report (log, ${code})`;
    expect(await linesOf(runId)).toEqual([
      unreadable('22P05'),
      'fine',
      unreadable('PGRST102'),
      unreadable('invalid_request'),
      unreadable('invalid_request'),
    ]);
    expect(rejected.map(({ code }) => code)).toEqual(['22P05', 'PGRST102', 'invalid_request', 'invalid_request']);
  });

  it("for another's run, or with a token of before, changes neither run", async () => {
    const dir = await mkdtemp(join(tmpdir(), 'bad-inputs-'));
    const foreign = await connect(other, dir);
    await foreign.start(EXECUTOR);
    const foreignRun = await startBot(other);
    expect((await report(1, [log('mine')], foreignRun)).error?.code).toBe('run_not_found');
    await sql('update public.bot_leases set fencing_token = 2 where run_id = $1', [runId]);
    expect((await report(1, [log('stale')])).error?.code).toBe('stale_lease');
    expect([...(await linesOf(foreignRun)), ...(await linesOf(runId))]).toEqual([]);
    await report(1, [log('fresh')], runId, 2).throwOnError();
    expect(await linesOf(runId)).toEqual(['fresh']);
    await foreign.stop();
    await rm(dir, { recursive: true, force: true });
  });
});

describe('A clock', () => {
  it('that is five minutes off is told by how much, and the session lives on', async () => {
    for (const [minutes, word] of [
      [5, 'ahead'],
      [-5, 'behind'],
    ] as const) {
      const p_sent_at = new Date(Date.now() + minutes * 60_000).toISOString();
      const { error } = await asRunner().rpc('runner_heartbeat', {
        p_machine_info: {},
        p_active_bot_ids: [],
        p_sent_at,
      });
      expect([error?.code, error?.message]).toEqual(['clock_skew', expect.stringContaining(word)]);
    }
    const [session] = await sql('select status from public.runner_sessions where id = $1', [runner.token.session_id]);
    expect(session.status).toBe('connected');
  });
});

describe('A command of a kind that the runner does not know', () => {
  it('is refused by the database', async () => {
    await expect(
      sql(`select private.command_runner($1, 'dance', null, '{}')`, [runner.token.session_id]),
    ).rejects.toMatchObject({ code: '23514' });
  });

  it('fails where a newer database has it, and holds up no other', async () => {
    await sql('alter table public.runner_commands drop constraint runner_commands_type_check');
    const { session_id } = runner.token;
    const command = (type: string) => sql(`select private.command_runner($1, $2, null, '{}')`, [session_id, type]);
    await command('ping');
    await sql(
      `insert into public.runner_commands (runner_session_id, user_id, type, bot_id)
       select $1, user_id, 'dance', bot_id from public.bot_leases where run_id = $2`,
      [session_id, runId],
    );
    await command('ping');
    const read = () =>
      sql(
        `select type, status, error ->> 'code' as code from public.runner_commands
         where runner_session_id = $1 and type <> 'start_bot' order by seq`,
        [session_id],
      );
    await expect.poll(read).toEqual([
      { type: 'ping', status: 'acknowledged', code: null },
      { type: 'dance', status: 'failed', code: 'unknown_command' },
      { type: 'ping', status: 'acknowledged', code: null },
    ]);
    await sql(`delete from public.runner_commands where type = 'dance'`);
  });
});
