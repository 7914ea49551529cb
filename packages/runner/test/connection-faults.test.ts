import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backOffMs, retryAfterMs } from '../src/sdk/back-off.ts';
import { ALIVE, idle, refusal, tokenFor, UnkindServer } from './support/unkind-server.ts';

/** What a network and a server at their worst do to a runner's connection. */
const server = new UnkindServer();

describe('A connection', () => {
  it('waits as long as the server asks, and no longer than it must', async () => {
    server.fail(
      'authenticate',
      { status: 503, headers: { 'retry-after': '1' }, body: {} },
      { hangsUp: true },
      refusal(429, 'rate_limited'),
    );
    const began = performance.now();
    await server.connect();
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(server.calls.filter((name) => name === 'authenticate')).toHaveLength(4);
  });

  it('is refused for good where the key is', async () => {
    server.handlers.authenticate = () => refusal(401, 'invalid_api_key');
    await expect(server.connect()).rejects.toMatchObject({ code: 'invalid_api_key', status: 401 });
    expect(server.calls).toEqual(['authenticate']);
    // And has left the folder.
    server.handlers.authenticate = () => tokenFor(1);
    await server.connect();
  });

  it('renews its token after two thirds of its life, and at once when it is refused', async () => {
    let life_s = 1.5;
    server.handlers.authenticate = () => tokenFor(1, life_s);
    server.handlers.refresh = (_, token) => {
      life_s = 900;
      return tokenFor(Number(token.split('-')[1]) + 1);
    };
    const runner = await server.connect();
    await expect.poll(() => runner.token.token, { interval: 20 }).toBe('token-2');
    server.handlers.runner_heartbeat = (_, token) => (token === 'token-2' ? refusal(401, 'PGRST303') : ALIVE);
    await runner.start(idle);
    await expect.poll(() => runner.token.token).toBe('token-3');
    expect(server.calls.filter((name) => name === 'authenticate')).toHaveLength(1);
  });

  it('connects anew where the server has given the session up, and ends where another one took it over', async () => {
    const runner = await server.connect();
    server.fail('runner_heartbeat', refusal(401, 'runner_not_connected'));
    await runner.start(idle);
    await expect.poll(() => runner.token.epoch).toBe(2);
    server.handlers.runner_heartbeat = () => refusal(401, 'runner_superseded');
    expect(await runner.ended).toMatchObject({ code: 'runner_superseded' });
    expect(server.authenticated).toBe(2);
  });

  it('is given up where that was asked for before the server was', async () => {
    await server.leave();
    await expect(server.connect({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'runner_stopped' });
    expect(server.calls).toEqual([]);
  });

  it('is not begun where the state folder does not take the name of the machine, and leaves the folder free', async () => {
    const inTheWay = join(server.stateDir, 'machine-id');
    await mkdir(inTheWay);
    await expect(server.connect()).rejects.toMatchObject({ code: 'state_dir_unusable' });
    await rm(inTheWay, { recursive: true });
    await server.connect();
  });

  it('gives up a request that is not answered', async () => {
    const runner = await server.connect();
    const troubles: string[] = [];
    const never = createServer(() => {}).listen(0);
    await new Promise((resolve) => never.once('listening', resolve));
    const silent = await mkdtemp(join(tmpdir(), 'faults-'));
    const giveUp = new AbortController();
    const attempt = server.connect({
      url: `http://127.0.0.1:${(never.address() as AddressInfo).port}`,
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
