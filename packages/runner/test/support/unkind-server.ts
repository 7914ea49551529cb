import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReportItem } from '@tradebase/contracts';
import { afterEach, beforeEach } from 'vitest';
import { type BotExecutor, connectRunner, type Runner } from '../../src/index.ts';

type ConnectOptions = Partial<Parameters<typeof connectRunner>[0]>;

export interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** Closes the connection in place of an answer; the request has been taken all the same. */
  readonly hangsUp?: boolean;
}

type Handler = (body: Record<string, unknown>, token: string) => Answer | undefined;

export const RUN = '11111111-1111-4111-8111-111111111111';
export const BOT = '22222222-2222-4222-8222-222222222222';
export const AT = '2024-01-02T00:00:00Z';

export const ALIVE: Answer = { body: { server_time: AT, heartbeat_interval_s: 0.05, timeout_s: 30, commands: [] } };

export function tokenFor(n: number, life_s = 900): Answer {
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

export function refusal(status: number, code: string): Answer {
  return { status, body: { code, message: code } };
}

/** Executes nothing. */
export const idle: BotExecutor = {
  execute: async () => {},
  attach: async () => ({ positions: [], open_orders: [] }),
  proceed: () => {},
  release: () => {},
};

/** A server that does on purpose what a network and a server do to a runner at their worst: made anew for each test. */
export class UnkindServer {
  handlers: Record<string, Handler> = {};
  /** Names of what was called. */
  calls: string[] = [];
  /** What the server has of the run. */
  taken: ReportItem[] = [];
  runners: Runner[] = [];
  authenticated = 0;
  /** The runner's. */
  stateDir = '';
  #url = '';
  #server: Server | undefined;

  constructor() {
    beforeEach(() => this.#start());
    afterEach(() => this.#end());
  }

  /** Connects a runner, which the end of the test stops. */
  async connect(more: ConnectOptions = {}): Promise<Runner> {
    const runner = await connectRunner({
      url: this.#url,
      publishableKey: 'p',
      apiKey: 'tb_x',
      version: '1',
      stateDir: this.stateDir,
      backOff: { first_ms: 5, most_ms: 40 },
      ...more,
    });
    this.runners.push(runner);
    return runner;
  }

  /** Answers nobody any more. */
  async leave(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  /** Fails the first calls, then does as before. */
  fail(name: string, ...answers: Answer[]): void {
    const healthy = this.handlers[name];
    this.handlers[name] = (body, token) => answers.shift() ?? healthy?.(body, token);
  }

  /** Takes reports as the database does. */
  takeReport: Handler = ({ p_first_seq, p_items }) => {
    const first = Number(p_first_seq);
    const items = p_items as ReportItem[];
    const { taken } = this;
    if (first > taken.length + 1)
      return { body: { last_seq: taken.length, missing_from: taken.length + 1, rejected: [] } };
    taken.push(...items.slice(taken.length + 1 - first));
    return { body: { last_seq: taken.length, missing_from: null, rejected: [] } };
  };

  async #start(): Promise<void> {
    this.calls = [];
    this.taken = [];
    this.runners = [];
    this.authenticated = 0;
    this.handlers = {
      authenticate: () => {
        this.authenticated += 1;
        return tokenFor(this.authenticated);
      },
      runner_config: () => ({
        body: { leases: [], heartbeat_interval_s: 1, timeout_s: 30, halts: [], account_limits: null },
      }),
      runner_heartbeat: () => ALIVE,
      disconnect_runner: () => ({ body: null }),
      report_run: this.takeReport,
    };
    this.stateDir = await mkdtemp(join(tmpdir(), 'faults-'));
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const name = request.url?.split('/').at(-1)?.split('?')[0] ?? '';
        this.calls.push(name);
        const body = JSON.parse(Buffer.concat(chunks).toString() || '{}');
        const token = (request.headers.authorization ?? '').replace('Bearer ', '');
        const {
          status = 200,
          headers = {},
          body: answer,
          hangsUp,
        } = this.handlers[name]?.(body, token) ?? { status: 404, body: {} };
        if (hangsUp) {
          request.socket.destroy();
          return;
        }
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify(answer));
      });
    });
    this.#server = server.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    this.#url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async #end(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.stop()));
    await this.leave();
    await rm(this.stateDir, { recursive: true, force: true });
  }
}
