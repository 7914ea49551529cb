import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunnerCommand } from '@tradebase/contracts';
import { startStack, type TestStack } from '@tradebase/local-stack/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asPostgres } from '../../client/test/support/as-role.ts';
import { makeKey } from '../../client/test/support/connect-runner.ts';
import { liftLimits } from '../../client/test/support/lift-limits.ts';
import { type Persona, signUp } from '../../client/test/support/personas.ts';
import { type BotExecutor, type Clock, connectRunner, type Runner, RunnerError, systemClock } from '../src/index.ts';
import { NetworkLine } from './support/network-line.ts';

/** The SDK against a real stack: connections, commands and heartbeats. */
let stack: TestStack;
let owner: Persona;
let apiKey: string;
let stateDir: string;
let runners: Runner[] = [];

beforeAll(async () => {
  stack = await startStack({ functions: true });
  await liftLimits(stack);
  await sql(`update public.system_config set value = '1' where key = 'runner.heartbeat_interval_s'`);
  owner = await signUp(stack, 'sdk');
});

afterAll(() => stack?.stop());

beforeEach(async () => {
  apiKey = (await makeKey(owner)).key;
  stateDir = await mkdtemp(join(tmpdir(), 'sdk-'));
});

afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.stop()));
  runners = [];
  await rm(stateDir, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: rows as Postgres gives them
async function sql(statement: string, values: unknown[] = []): Promise<any[]> {
  const { rows } = await asPostgres(stack, (client) => client.query(statement, values));
  return rows;
}

async function connect(more: Partial<Parameters<typeof connectRunner>[0]> = {}): Promise<Runner> {
  const { publishableKey } = stack.keys;
  const runner = await connectRunner({ url: stack.apiUrl, publishableKey, apiKey, version: '9.9', stateDir, ...more });
  runners.push(runner);
  return runner;
}

/** Executes nothing, and remembers what it was told. */
class Listener implements BotExecutor {
  readonly heard: number[] = [];
  onExecute: (command: RunnerCommand) => Promise<void> = async () => {};

  async execute(command: RunnerCommand): Promise<void> {
    await this.onExecute(command);
    this.heard.push(command.seq);
  }

  async attach() {
    return { positions: [], open_orders: [] };
  }

  proceed(): void {}
  release(): void {}
}

const ping = (runner: Runner) =>
  sql(`select private.command_runner($1, 'ping', null, '{}')`, [runner.token.session_id]);
const statusesOf = async (runner: Runner) =>
  (
    await sql('select status from public.runner_commands where runner_session_id = $1 order by seq', [
      runner.token.session_id,
    ])
  ).map(({ status }) => status);

describe('A runner', () => {
  it('tells of its machine and that it is alive, and leaves with a word', async () => {
    const runner = await connect({ machineId: 'my machine', machineInfo: { name: 'attic' } });
    await runner.start(new Listener());
    const read = async () =>
      (await sql('select * from public.runner_sessions where id = $1', [runner.token.session_id]))[0];
    const before = await read();
    expect(before).toMatchObject({ machine_id: 'my machine', machine_info: { name: 'attic' }, version: '9.9' });
    await expect.poll(async () => (await read()).last_heartbeat_at > before.last_heartbeat_at).toBe(true);
    await runner.stop();
    expect(await runner.ended).toBeNull();
    expect(await read()).toMatchObject({ status: 'disconnected' });
  });

  it('carries out commands in order and acknowledges them, each once, though some came before it listened', async () => {
    const runner = await connect();
    await ping(runner);
    await ping(runner);
    const listener = new Listener();
    await runner.start(listener);
    for (let n = 0; n < 8; n += 1) await ping(runner);
    await expect.poll(() => statusesOf(runner)).toEqual(Array.from({ length: 10 }, () => 'acknowledged'));
    expect(listener.heard).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('goes past commands that have expired', async () => {
    const runner = await connect();
    await ping(runner);
    await ping(runner);
    await sql(`update public.runner_commands set status = 'expired' where runner_session_id = $1 and seq = 1`, [
      runner.token.session_id,
    ]);
    const listener = new Listener();
    await runner.start(listener);
    await expect.poll(() => statusesOf(runner)).toEqual(['expired', 'acknowledged']);
    expect(listener.heard).toEqual([2]);
  });

  it("judges by the server's clock what has expired, not by its machine's", async () => {
    const ahead: Clock = { ...systemClock, now: () => Date.now() + 45_000 };
    const runner = await connect({ clock: ahead });
    await ping(runner);
    await sql(
      `update public.runner_commands set expires_at = now() + interval '20 seconds' where runner_session_id = $1`,
      [runner.token.session_id],
    );
    const listener = new Listener();
    await runner.start(listener);
    await expect.poll(() => listener.heard).toEqual([1]);
  });

  it('says why it could not do a command', async () => {
    const runner = await connect();
    const listener = new Listener();
    listener.onExecute = () => Promise.reject(new RunnerError('Not A Code', 'out of paper'));
    await runner.start(listener);
    await ping(runner);
    await expect.poll(() => statusesOf(runner)).toEqual(['failed']);
    const [{ error }] = await sql('select error from public.runner_commands where runner_session_id = $1', [
      runner.token.session_id,
    ]);
    expect(error).toEqual({ code: 'internal_error', message: 'out of paper' });
  });

  it('acknowledges again what it did, and does it not again, when it is told again', async () => {
    const first = await connect({
      fetch: (input, init) =>
        String(input).includes('acknowledge_command') ? Promise.reject(new TypeError('cut off')) : fetch(input, init),
    });
    const before = new Listener();
    await first.start(before);
    await ping(first);
    await expect.poll(() => before.heard).toEqual([1]);
    await first.stop();
    expect(await statusesOf(first)).not.toEqual(['acknowledged']);
    const second = await connect();
    expect(second.token.session_id).toBe(first.token.session_id);
    const after = new Listener();
    await second.start(after);
    await expect.poll(() => statusesOf(second)).toEqual(['acknowledged']);
    expect([before.heard, after.heard]).toEqual([[1], []]);
  });

  it('is back by itself after the server was out of reach, and hears then what it was told meanwhile', async () => {
    const line = await NetworkLine.to(stack.apiUrl);
    const troubles: string[] = [];
    const runner = await connect({
      url: line.url,
      backOff: { first_ms: 20, most_ms: 200 },
      onTrouble: ({ code }) => troubles.push(code),
    });
    const listener = new Listener();
    await runner.start(listener);
    line.cut();
    await expect.poll(() => troubles).toContain('network_unreachable');
    await ping(runner);
    await line.mend();
    await expect.poll(() => statusesOf(runner)).toEqual(['acknowledged']);
    expect(runner.token.epoch).toBe(1);
    // Taken to be offline: it connects anew.
    await sql(`update public.runner_sessions set status = 'disconnected' where id = $1`, [runner.token.session_id]);
    await expect.poll(() => runner.token.epoch).toBe(2);
    await ping(runner);
    await expect.poll(() => statusesOf(runner)).toEqual(['acknowledged', 'acknowledged']);
    expect(listener.heard).toEqual([1, 2]);
    await runner.stop();
    line.cut();
  });

  it('ends when the same machine connects elsewhere, and when its key is revoked', async () => {
    const first = await connect({ machineId: 'twice' });
    await first.start(new Listener());
    const elsewhere = await mkdtemp(join(tmpdir(), 'sdk-'));
    const second = await connect({ machineId: 'twice', stateDir: elsewhere });
    await second.start(new Listener());
    expect(await first.ended).toMatchObject({ code: 'runner_superseded' });
    await sql('update public.api_keys set revoked_at = now() where user_id = $1 and revoked_at is null', [owner.id]);
    expect(await second.ended).toMatchObject({ code: 'invalid_api_key' });
    await rm(elsewhere, { recursive: true });
  });

  it('keeps no key on disk, and refuses to start with one that is none', async () => {
    const runner = await connect();
    await runner.start(new Listener());
    await ping(runner);
    await expect.poll(() => statusesOf(runner)).toEqual(['acknowledged']);
    const names = (await readdir(stateDir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const texts = await Promise.all(names.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')));
    expect(texts.length).toBeGreaterThan(1);
    // Which may have underscores of its own.
    const secret = apiKey.slice(apiKey.indexOf('_', 'tb_'.length) + 1);
    for (const text of texts) expect(text).not.toContain(secret);
    await runner.stop();
    await expect(connect({ apiKey: `${apiKey}x` })).rejects.toMatchObject({ code: expect.stringMatching(/invalid/) });
  });
});
