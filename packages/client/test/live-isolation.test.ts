import { BotControl, RunnerToken } from '@tradebase/contracts';
import { mintToken, startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TradebaseClient } from '../src/index.ts';
import { asPostgres } from './support/as-role.ts';
import { makeKey, RUNNER_PERMISSIONS } from './support/connect-runner.ts';
import { liftLimits } from './support/lift-limits.ts';
import { anonymous, asService, grantRole, type Persona, signUp, withToken } from './support/personas.ts';
import { makeBot } from './support/seed-trading.ts';
import { orderIntent } from './support/submit-intents.ts';

/** Live trading seen by all who have no business with it: every write and every topic, with tokens of the function runner. */
let stack: TestStack;
let owner: Persona;
let other: Persona;
let viewer: Persona;
let holder: Runner;
let botId: string;
let runId: string;
/** Of the lease as the holder has it now, and as the runner before had it. */
let fencingToken: number;
const callers = new Map<Caller, TradebaseClient>();

interface Runner {
  readonly client: TradebaseClient;
  readonly token: string;
  readonly sessionId: string;
  readonly keyId: string;
}

beforeAll(async () => {
  // Rights of those who listen are looked at again every tenth of a second; hosted, every minute or so.
  stack = await startStack({ functions: true, realtimeLimits: { tokenRecheckMs: 100 } });
  await liftLimits(stack);
  [owner, other, viewer] = await Promise.all([signUp(stack, 'owner'), signUp(stack, 'other'), signUp(stack, 'viewer')]);
  await grantRole(stack, viewer, 'viewer');
  const before = await connect(owner);
  botId = await makeBot(owner, { name: 'Held', symbols: ['ACME'], initial_balance: 10_000 });
  const started = await owner.client.rpc('start_bot', { p_bot_id: botId }).throwOnError();
  runId = String(BotControl.parse(started.data).run_id);
  await before.client.rpc('acknowledge_command', { p_seq: 1 }).throwOnError();
  holder = await connect(owner);
  const [lease] = await sql(
    'update public.bot_leases set runner_session_id = $2, fencing_token = fencing_token + 1 where bot_id = $1 returning fencing_token',
    [botId, holder.sessionId],
  );
  fencingToken = Number(lease.fencing_token);
  await holder.client.rpc('submit_order_intents', intents(fencingToken)).throwOnError();

  const revoked = await connect(owner);
  await owner.client.rpc('revoke_api_key', { p_api_key_id: revoked.keyId }).throwOnError();
  callers.set('the runner that held the bot before', before.client);
  callers.set("another user's runner", (await connect(other)).client);
  callers.set('a runner whose key was revoked', revoked.client);
  callers.set('a runner that connected again elsewhere', await supersededRunner());
  callers.set('the holder with a token that is over', withToken(stack, await expiredToken(holder)));
  callers.set('another user', other.client);
  callers.set('a viewer', viewer.client);
  callers.set('nobody', anonymous(stack));
});

afterAll(() => stack?.stop());

// biome-ignore lint/suspicious/noExplicitAny: rows as Postgres gives them
async function sql(statement: string, values: unknown[] = []): Promise<any[]> {
  const { rows } = await asPostgres(stack, (client) => client.query(statement, values));
  return rows;
}

/** Connects a machine as the runner program does: the key goes to the function, and a token comes back. */
async function connect(user: Persona, key?: { key: string; id: string }): Promise<Runner> {
  const { key: api_key, id: keyId } = key ?? (await makeKey(user));
  const response = await fetch(`${stack.apiUrl}/functions/v1/runner/authenticate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ api_key, machine_id: 'machine' }),
  });
  const { token, session_id: sessionId } = RunnerToken.parse(await response.json());
  return { client: withToken(stack, token), token, sessionId, keyId };
}

async function supersededRunner(): Promise<TradebaseClient> {
  const key = await makeKey(owner);
  const first = await connect(owner, key);
  await connect(owner, key);
  return first.client;
}

function expiredToken({ sessionId, keyId }: Runner): Promise<string> {
  const app_metadata = { user_id: owner.id, api_key_id: keyId, permissions: RUNNER_PERMISSIONS, epoch: 1 };
  return mintToken(stack.keys, { sub: sessionId, app_metadata, exp: Math.floor(Date.now() / 1000) - 60 });
}

type Caller =
  | 'the runner that held the bot before'
  | "another user's runner"
  | 'a runner whose key was revoked'
  | 'a runner that connected again elsewhere'
  | 'the holder with a token that is over'
  | 'another user'
  | 'a viewer'
  | 'nobody';

const AT = '2024-01-02T15:00:00Z';
const intents = (p_fencing_token: number) => ({ p_run_id: runId, p_fencing_token, p_intents: [orderIntent()] });

/** Everything that can be done to a bot that trades, by functions and past them. */
const ACTIONS: Readonly<Record<string, (client: TradebaseClient) => PromiseLike<Outcome>>> = {
  runner_heartbeat: (client) =>
    client.rpc('runner_heartbeat', {
      p_machine_info: {},
      p_active_bot_ids: [botId],
      p_sent_at: new Date().toISOString(),
    }),
  acknowledge_command: (client) => client.rpc('acknowledge_command', { p_seq: 99 }),
  report_run: (client) =>
    client.rpc('report_run', {
      p_run_id: runId,
      p_fencing_token: fencingToken,
      p_first_seq: 1,
      p_items: [{ kind: 'log', level: 'INFO', message: 'mine', at: AT }],
    }),
  submit_order_intents: (client) => client.rpc('submit_order_intents', intents(fencingToken)),
  reconcile_run: (client) =>
    client.rpc('reconcile_run', {
      p_run_id: runId,
      p_fencing_token: fencingToken,
      p_holding: { positions: [], open_orders: [] },
    }),
  start_bot: (client) => client.rpc('start_bot', { p_bot_id: botId }),
  stop_bot: (client) => client.rpc('stop_bot', { p_bot_id: botId }),
  pause_bot: (client) => client.rpc('pause_bot', { p_bot_id: botId }),
  resume_bot: (client) => client.rpc('resume_bot', { p_bot_id: botId }),
  engage_emergency_stop: (client) =>
    client.rpc('engage_emergency_stop', { p_scope: 'bot', p_reason: 'mischief', p_bot_id: botId }),
  'update bots': (client) => client.from('bots').update({ name: 'Mine' }).eq('id', botId).select('id'),
  'delete bots': (client) => client.from('bots').delete().eq('id', botId).select('id'),
  'update bot_leases': (client) =>
    client
      .from('bot_leases')
      .update({ fencing_token: 99 } as never)
      .eq('bot_id', botId)
      .select('bot_id'),
  'insert trading_halts': (client) =>
    client
      .from('trading_halts')
      .insert({ scope: 'bot', user_id: owner.id, bot_id: botId, reason: 'mischief' } as never)
      .select('id'),
  'update orders': (client) =>
    client
      .from('orders')
      .update({ status: 'cancelled' } as never)
      .eq('bot_id', botId)
      .select('id'),
  'update trading_runs': (client) =>
    client
      .from('trading_runs')
      .update({ total_pnl: 1 } as never)
      .eq('id', runId)
      .select('id'),
};

interface Outcome {
  readonly error: { readonly code: string } | null;
  readonly data: unknown;
}

/** Code of the refusal, or how many rows were written. */
async function attempt(action: (client: TradebaseClient) => PromiseLike<Outcome>, client: TradebaseClient) {
  const { error, data } = await action(client);
  return error?.code ?? (Array.isArray(data) ? `${data.length} rows` : 'done');
}

const TABLES = [
  'bots',
  'trading_runs',
  'orders',
  'positions',
  'trades',
  'fills',
  'run_logs',
  'bot_events',
  'trading_halts',
  'bot_leases',
];

/** All that the owner has that trades. */
async function everything(): Promise<unknown> {
  const parts = TABLES.map(
    (table) =>
      `(select jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text) from public.${table} t where t.user_id = $1) as ${table}`,
  );
  const commands = `(select count(*) from public.runner_commands c where c.user_id = $1) as commands`;
  const [row] = await sql(`select ${[...parts, commands].join(', ')}`, [owner.id]);
  return row;
}

const everyOf = (names: readonly string[], code: string) => Object.fromEntries(names.map((name) => [name, code]));
const RUNNER_CALLS = ['runner_heartbeat', 'acknowledge_command', 'report_run', 'submit_order_intents', 'reconcile_run'];
const OWNER_CALLS = ['start_bot', 'stop_bot', 'pause_bot', 'resume_bot', 'engage_emergency_stop'];
/** Past the functions: of what is another's no row is seen, and what only functions write nobody may write. */
const PAST_FUNCTIONS = {
  ...everyOf(['update bots', 'delete bots'], '0 rows'),
  ...everyOf(['update bot_leases', 'insert trading_halts', 'update orders', 'update trading_runs'], '42501'),
};
/** A runner that is live tells of itself, and knows nothing of the bot. */
const ownSession = { runner_heartbeat: 'done', acknowledge_command: 'command_not_found' };

function refused(runnerCalls: string, ownerCalls: string, more: object = {}): Record<string, string> {
  return { ...everyOf(RUNNER_CALLS, runnerCalls), ...everyOf(OWNER_CALLS, ownerCalls), ...PAST_FUNCTIONS, ...more };
}

const OUTCOMES: Readonly<Record<Caller, Record<string, string>>> = {
  'the runner that held the bot before': refused('stale_lease', 'forbidden', ownSession),
  "another user's runner": refused('run_not_found', 'forbidden', ownSession),
  'a runner whose key was revoked': refused('invalid_api_key', 'forbidden'),
  'a runner that connected again elsewhere': refused('runner_superseded', 'forbidden'),
  'the holder with a token that is over': everyOf(Object.keys(ACTIONS), 'PGRST301'),
  'another user': refused('forbidden', 'bot_not_found'),
  // Whoever owns a bot may stop it, whatever the role.
  'a viewer': refused('forbidden', 'forbidden', { engage_emergency_stop: 'bot_not_found' }),
  nobody: everyOf(Object.keys(ACTIONS), '42501'),
};
const CALLERS = Object.keys(OUTCOMES) as Caller[];

function clientOf(caller: Caller): TradebaseClient {
  const client = callers.get(caller);
  if (!client) throw new Error(`nobody is ${caller}`);
  return client;
}

describe('A bot that trades is changed by none of the writes of', () => {
  it.each(CALLERS)('%s', async (caller) => {
    const before = await everything();
    const outcomes: Record<string, string> = {};
    for (const [name, action] of Object.entries(ACTIONS)) outcomes[name] = await attempt(action, clientOf(caller));
    expect(outcomes).toEqual(OUTCOMES[caller]);
    expect(await everything()).toEqual(before);
  });

  it('a token of the lease before, though its holder sends it', async () => {
    const before = await everything();
    const { error } = await holder.client.rpc('submit_order_intents', intents(fencingToken - 1));
    expect(error?.code).toBe('stale_lease');
    expect(await everything()).toEqual(before);
  });

  it('and by those of the runner that holds it', async () => {
    const items = [{ kind: 'log', level: 'INFO', message: 'mine', at: AT }];
    const report = { p_run_id: runId, p_fencing_token: fencingToken, p_first_seq: 1, p_items: items };
    const { data } = await holder.client.rpc('report_run', report).throwOnError();
    expect(data).toEqual({ last_seq: 1, missing_from: null, rejected: [] });
  });
});

describe('What a bot does is heard by none of', () => {
  it.each(CALLERS)('%s', async (caller) => {
    for (const topic of [`run:${runId}`, `user:${owner.id}`, `runner:${holder.sessionId}`]) {
      expect([topic, await join(clientOf(caller), topic)]).toEqual([topic, 'CHANNEL_ERROR']);
    }
  });
});

describe('Who listens is heard out no longer', () => {
  it('when the key of the runner is revoked', async () => {
    const runner = await connect(owner);
    const { ended } = await listen(runner.client, `runner:${runner.sessionId}`);
    await owner.client.rpc('revoke_api_key', { p_api_key_id: runner.keyId }).throwOnError();
    expect(await ended).toContain('permission');
  });

  it('when the runner has connected elsewhere', async () => {
    const key = await makeKey(owner);
    const first = await connect(owner, key);
    const { ended } = await listen(first.client, `runner:${first.sessionId}`);
    const second = await connect(owner, key);
    expect(await ended).toContain('permission');
    expect(await join(second.client, `runner:${second.sessionId}`)).toBe('SUBSCRIBED');
  });

  it('when the user is banned', async () => {
    const banned = await signUp(stack, 'banned');
    const { ended } = await listen(banned.client, `user:${banned.id}`);
    await asService(stack).auth.admin.updateUserById(banned.id, { ban_duration: '1h' });
    expect(await ended).toContain('permission');
  });
});

/** Joins a private topic; the promise in it resolves with what the server says when it ends the channel. */
async function listen(client: TradebaseClient, topic: string): Promise<{ ended: Promise<string> }> {
  const ended = Promise.withResolvers<string>();
  const channel = client.channel(topic, { config: { private: true } });
  channel.on('system', {}, ({ status, message }) => {
    if (status === 'error') ended.resolve(String(message));
  });
  const status = await new Promise<string>((resolve) => channel.subscribe((answer) => resolve(answer)));
  expect(status).toBe('SUBSCRIBED');
  return { ended: ended.promise };
}

/** What joining a private topic comes to; a channel that is joined is left again. */
async function join(client: TradebaseClient, topic: string): Promise<string> {
  const channel = client.channel(topic, { config: { private: true } });
  const status = await new Promise<string>((resolve) => channel.subscribe((answer) => resolve(answer)));
  await client.removeChannel(channel);
  return status;
}
