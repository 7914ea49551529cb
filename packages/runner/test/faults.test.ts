import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReportItem } from '@tradebase/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BotExecutor,
  type Clock,
  connectRunner,
  type Run,
  type Runner,
  RunnerError,
  systemClock,
} from '../src/index.ts';
import { backOffMs, retryAfterMs } from '../src/sdk/back-off.ts';
import type { RejectedItem } from '../src/sdk/run.ts';

/** What a network and a server do to a runner at their worst, by a server that does it on purpose. */
interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** Closes the connection in place of an answer; the request has been taken all the same. */
  readonly hangsUp?: boolean;
}

type Handler = (body: Record<string, unknown>, token: string) => Answer | undefined;

const RUN = '11111111-1111-4111-8111-111111111111';
const BOT = '22222222-2222-4222-8222-222222222222';
const AT = '2024-01-02T00:00:00Z';

let server: Server;
let url: string;
let stateDir: string;
let handlers: Record<string, Handler>;
let calls: string[];
let authenticated: number;
let runners: Runner[];
/** What the server has of the run. */
let taken: ReportItem[];

function tokenFor(n: number, life_s = 900): Answer {
  const now = Date.now();
  return {
    body: {
      token: `token-${n}`,
      expires_at: new Date(now + life_s * 1000).toISOString(),
      session_id: '33333333-3333-4333-8333-333333333333',
      user_id: BOT,
      epoch: n,
      permissions: ['runner:connect', 'runner:execute'],
      heartbeat_interval_s: 0.05,
      timeout_s: 30,
      server_time: new Date(now).toISOString(),
    },
  };
}

/** As the server lists it. */
const wholeLease = {
  bot_id: BOT,
  run_id: RUN,
  fencing_token: 1,
  intent: 'run',
  reconciled: false,
  last_report_seq: 0,
  last_bar_at: null,
  started_at: AT,
  config: {
    name: 'bot',
    mode: 'PAPER',
    strategy_type: 'sma-cross',
    strategy: null,
    parameters: {},
    symbols: ['ACME'],
    timeframe: '1m',
    settings: {},
    initial_balance: null,
    schedule: { start_time: null, end_time: null, days: [1], timezone: 'UTC' },
    credential_id: null,
    risk: {
      risk_per_trade: null,
      daily_risk_cap: null,
      max_order_value: null,
      max_symbol_exposure: null,
      max_open_positions: null,
      max_daily_trades: null,
      max_drawdown_pct: null,
    },
  },
};

const lease = (last_report_seq: number) => ({
  bot_id: BOT,
  run_id: RUN,
  fencing_token: 1,
  last_report_seq,
});

/** Takes reports as the database does. */
const takeReport: Handler = ({ p_first_seq, p_items }) => {
  const first = Number(p_first_seq);
  const items = p_items as ReportItem[];
  if (first > taken.length + 1)
    return { body: { last_seq: taken.length, missing_from: taken.length + 1, rejected: [] } };
  taken.push(...items.slice(taken.length + 1 - first));
  return { body: { last_seq: taken.length, missing_from: null, rejected: [] } };
};

beforeEach(async () => {
  calls = [];
  taken = [];
  runners = [];
  authenticated = 0;
  handlers = {
    authenticate: () => {
      authenticated += 1;
      return tokenFor(authenticated);
    },
    runner_config: () => ({
      body: { leases: [], heartbeat_interval_s: 1, timeout_s: 30, halts: [], account_limits: null },
    }),
    runner_heartbeat: () => ({ body: { server_time: AT, heartbeat_interval_s: 0.05, timeout_s: 30, commands: [] } }),
    disconnect_runner: () => ({ body: null }),
    report_run: takeReport,
  };
  stateDir = await mkdtemp(join(tmpdir(), 'faults-'));
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const name = request.url?.split('/').at(-1)?.split('?')[0] ?? '';
      calls.push(name);
      const body = JSON.parse(Buffer.concat(chunks).toString() || '{}');
      const token = (request.headers.authorization ?? '').replace('Bearer ', '');
      const {
        status = 200,
        headers = {},
        body: answer,
        hangsUp,
      } = handlers[name]?.(body, token) ?? { status: 404, body: {} };
      if (hangsUp) {
        request.destroy();
        return;
      }
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});

afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(stateDir, { recursive: true, force: true });
});

async function connect(more: Partial<Parameters<typeof connectRunner>[0]> = {}): Promise<Runner> {
  const backOff = { first_ms: 5, most_ms: 40 };
  const runner = await connectRunner({
    url,
    publishableKey: 'p',
    apiKey: 'tb_x',
    version: '1',
    stateDir,
    backOff,
    timeout_ms: 500,
    ...more,
  });
  runners.push(runner);
  return runner;
}

const idle: BotExecutor = {
  execute: async () => {},
  attach: async () => ({ positions: [], open_orders: [] }),
  proceed: () => {},
  release: () => {},
};

const log = (message: string): ReportItem => ({ kind: 'log', level: 'INFO', message, at: AT });
const messages = () => taken.map((item) => (item.kind === 'log' ? item.message : ''));
const refusal = (status: number, code: string): Answer => ({ status, body: { code, message: code } });

/** Fails the first calls, then does as before. */
function failing(name: string, ...answers: Answer[]): void {
  const healthy = handlers[name];
  handlers[name] = (body, token) => answers.shift() ?? healthy?.(body, token);
}

describe('A connection', () => {
  it('waits as long as the server asks, and no longer than it must', async () => {
    failing(
      'authenticate',
      { status: 503, headers: { 'retry-after': '1' }, body: {} },
      { hangsUp: true },
      refusal(429, 'rate_limited'),
    );
    const began = performance.now();
    await connect();
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(calls.filter((name) => name === 'authenticate')).toHaveLength(4);
  });

  it('is refused for good where the key is', async () => {
    handlers.authenticate = () => refusal(401, 'invalid_api_key');
    await expect(connect()).rejects.toMatchObject({ code: 'invalid_api_key', status: 401 });
    expect(calls).toEqual(['authenticate']);
    // And has left the folder.
    handlers.authenticate = () => tokenFor(1);
    await connect();
  });

  it('renews its token after two thirds of its life, and at once when it is refused', async () => {
    let life_s = 1.5;
    handlers.authenticate = () => tokenFor(1, life_s);
    handlers.refresh = (_, token) => {
      life_s = 900;
      return tokenFor(Number(token.split('-')[1]) + 1);
    };
    const runner = await connect();
    await expect.poll(() => runner.token.token, { interval: 20 }).toBe('token-2');
    handlers.runner_heartbeat = (_, token) =>
      token === 'token-2'
        ? refusal(401, 'PGRST303')
        : { body: { server_time: AT, heartbeat_interval_s: 0.05, timeout_s: 30, commands: [] } };
    await runner.start(idle);
    await expect.poll(() => runner.token.token).toBe('token-3');
    expect(calls.filter((name) => name === 'authenticate')).toHaveLength(1);
  });

  it('connects anew where the server has given the session up, and ends where another one took it over', async () => {
    const runner = await connect();
    failing('runner_heartbeat', refusal(401, 'runner_not_connected'));
    await runner.start(idle);
    await expect.poll(() => runner.token.epoch).toBe(2);
    handlers.runner_heartbeat = () => refusal(401, 'runner_superseded');
    expect(await runner.ended).toMatchObject({ code: 'runner_superseded' });
    expect(authenticated).toBe(2);
  });

  it('is given up where that was asked for before the server was', async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(connect({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'runner_stopped' });
    expect(calls).toEqual([]);
  });

  it('is not begun where the state folder does not take the name of the machine, and leaves the folder free', async () => {
    await mkdir(join(stateDir, 'machine-id'));
    await expect(connect()).rejects.toMatchObject({ code: 'state_dir_unusable' });
    await rm(join(stateDir, 'machine-id'), { recursive: true });
    await connect();
  });

  it('gives up a request that is not answered', async () => {
    const runner = await connect({ timeout_ms: 100 });
    const troubles: string[] = [];
    const never = createServer(() => {}).listen(0);
    await new Promise((resolve) => never.once('listening', resolve));
    const other = never.address();
    const silent = await mkdtemp(join(tmpdir(), 'faults-'));
    const giveUp = new AbortController();
    const attempt = connect({
      url: `http://127.0.0.1:${typeof other === 'object' ? other?.port : ''}`,
      stateDir: silent,
      timeout_ms: 50,
      signal: giveUp.signal,
      onTrouble: ({ code }) => troubles.push(code),
    });
    attempt.catch(() => {});
    await expect.poll(() => troubles).toContain('timed_out');
    giveUp.abort();
    await expect(attempt).rejects.toMatchObject({ code: 'runner_stopped' });
    never.closeAllConnections();
    never.close();
    expect(runner.token.epoch).toBe(1);
    await rm(silent, { recursive: true });
  });
});

describe('Reports of a run', () => {
  async function holdRun(more: Partial<Parameters<typeof connectRunner>[0]> = {}): Promise<Run> {
    const runner = await connect(more);
    await runner.start(idle);
    return runner.hold(lease(taken.length));
  }

  it('arrive once and in order, whatever happens to the answers', async () => {
    const run = await holdRun();
    failing('report_run', { status: 500, body: {} }, { hangsUp: true }, refusal(503, 'x'));
    const healthy = handlers.report_run;
    let lost = 3;
    handlers.report_run = (body, token) => {
      const answer = healthy?.(body, token);
      // Taken, and the answer lost.
      lost -= 1;
      return lost > 0 ? { hangsUp: true } : answer;
    };
    for (let n = 1; n <= 20; n += 1) await run.report(log(`line ${n}`));
    await run.flush();
    expect(messages()).toEqual(Array.from({ length: 20 }, (_, n) => `line ${n + 1}`));
  });

  it('arrive though Postgres goes away under the call, which PostgREST answers with 400 and no code', async () => {
    const run = await holdRun();
    const blank = { status: 400, body: { code: '', message: '', details: null, hint: null } };
    failing('report_run', blank, blank);
    await run.report(log('first'));
    await run.flush();
    expect(messages()).toEqual(['first']);
  });

  it('outlive the process: the next one sends what was not confirmed', async () => {
    handlers.report_run = () => ({ hangsUp: true });
    const first = await holdRun();
    await first.report(log('one'), log('two'));
    await runners[0]?.stop();
    handlers.report_run = takeReport;
    const second = await holdRun();
    await second.report(log('three'));
    await second.flush();
    expect(messages()).toEqual(['one', 'two', 'three']);
  });

  it('are sent again from where the server misses them', async () => {
    const run = await holdRun();
    await run.report(log('one'));
    await run.flush();
    taken = [];
    await run.report(log('two'));
    await run.flush();
    // What it had confirmed and lost is gone; what came after it follows on what it has.
    expect(messages()).toEqual(['two']);
  });

  it('tell of items that were refused, and go on', async () => {
    const rejected: RejectedItem[] = [];
    const run = await holdRun({ onRejected: (item) => rejected.push(item) });
    handlers.report_run = (body, token) => {
      const answer = takeReport(body, token);
      return { body: { ...Object(answer?.body), rejected: [{ seq: 1, code: 'duplicate', message: 'known' }] } };
    };
    await run.report(log('one'));
    await run.flush();
    expect(rejected).toMatchObject([{ run_id: RUN, code: 'duplicate', item: { message: 'one' } }]);
  });

  it('that fail for a reason that nobody foresaw leave no run behind that looks executed: it is taken up again', async () => {
    const attached: string[] = [];
    const config = { heartbeat_interval_s: 1, timeout_s: 30, halts: [], account_limits: null };
    const executor: BotExecutor = {
      ...idle,
      attach: async (run) => {
        attached.push(run.runId);
        return { positions: [], open_orders: [] };
      },
    };
    handlers.reconcile_run = () => ({ body: { matched: false, differences: [] } });
    // Waits of seconds are cut short, and those between tokens are not.
    const wait: Clock['wait'] = (ms, signal) => systemClock.wait(ms < 60_000 ? Math.min(ms, 20) : ms, signal);
    const runner = await connect({ clock: { ...systemClock, wait } });
    await runner.start(executor);
    const run = await runner.hold(lease(0));
    handlers.runner_config = () => ({ body: { ...config, leases: [wholeLease] } });
    failing('report_run', refusal(418, 'short_and_stout'));
    await run.report(log('first'));
    await expect.poll(() => attached).toEqual([RUN]);
    await expect.poll(messages).toEqual(['first']);
  });

  it('end where the run is held no more, and cannot be added to', async () => {
    const run = await holdRun();
    handlers.report_run = () => refusal(409, 'stale_lease');
    await run.report(log('one'));
    await expect.poll(() => run.signal.aborted).toBe(true);
    await expect(run.report(log('two'))).rejects.toMatchObject({ code: 'stale_lease' });
    await expect(run.submit([])).rejects.toBeInstanceOf(RunnerError);
  });

  it('reach the server before the gate is asked, which is asked again until it answers', async () => {
    const run = await holdRun();
    failing('submit_order_intents', { hangsUp: true }, refusal(500, 'x'));
    const healthy = handlers.submit_order_intents;
    const seen: number[] = [];
    handlers.submit_order_intents = (body, token) => {
      seen.push(taken.length);
      const decision = { client_order_id: 'a', order_id: BOT, accepted: true, code: null, message: null };
      return healthy?.(body, token) ?? { body: [decision] };
    };
    await run.report(log('before'));
    const asked = run.submit([
      { client_order_id: 'a', symbol: 'ACME', side: 'buy', type: 'market', quantity: 1, reference_price: 1, at: AT },
    ]);
    await run.flush();
    expect(seen).toEqual([]);
    run.open();
    expect(await asked).toMatchObject([{ client_order_id: 'a', accepted: true }]);
    expect(seen).toEqual([1, 1, 1]);
  });

  it('ask the gate with a lease that a new connection has brought only once that is reconciled', async () => {
    const run = await holdRun();
    run.open();
    let isReconciled = false;
    handlers.runner_config = () => {
      const renewed = { ...wholeLease, fencing_token: 2 };
      return { body: { leases: [renewed], heartbeat_interval_s: 1, timeout_s: 30, halts: [], account_limits: null } };
    };
    handlers.submit_order_intents = ({ p_fencing_token }) => {
      if (p_fencing_token !== 2) return refusal(409, 'stale_lease');
      const code = isReconciled ? null : 'not_reconciled';
      return { body: [{ client_order_id: 'a', order_id: BOT, accepted: isReconciled, code, message: null }] };
    };
    const asked = run.submit([
      { client_order_id: 'a', symbol: 'ACME', side: 'buy', type: 'market', quantity: 1, reference_price: 1, at: AT },
    ]);
    await expect.poll(() => calls).toContain('runner_config');
    handlers.reconcile_run = ({ p_fencing_token }) => {
      if (p_fencing_token !== 2) return refusal(409, 'stale_lease');
      isReconciled = true;
      return { body: { matched: true, differences: [] } };
    };
    await run.reconcile({ positions: [], open_orders: [] });
    run.open();
    expect(await asked).toMatchObject([{ accepted: true, code: null }]);
    expect(calls.filter((name) => name === 'submit_order_intents')).toHaveLength(2);
  });
});

describe('Waits between attempts', () => {
  it('grow to a bound, and are not the same for all', () => {
    expect(backOffMs(1, { first_ms: 100, random: () => 1 })).toBe(100);
    expect(backOffMs(4, { first_ms: 100, random: () => 0 })).toBe(400);
    expect(backOffMs(1000, { first_ms: 100, most_ms: 5000, random: () => 1 })).toBe(5000);
  });

  it('are what the server asks for, within reason', () => {
    const now_ms = Date.parse('2024-01-02T00:00:00Z');
    expect(retryAfterMs('3', now_ms)).toBe(3000);
    expect(retryAfterMs('Tue, 02 Jan 2024 00:00:05 GMT', now_ms)).toBe(5000);
    expect(retryAfterMs('soon', now_ms)).toBe(0);
    expect(retryAfterMs('999999999', now_ms)).toBe(300_000);
    expect(retryAfterMs(null, now_ms)).toBe(0);
  });
});
