import { once } from 'node:events';
import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { isRunning, type ProcessIdentity } from '../src/process/process-identity.ts';
import { ended, StackCommand } from './support/stack-command.ts';

/** A running stack whose parts die, and cannot be started again at once. */
let stack: StackCommand;
let secretKey: string;

beforeAll(async () => {
  stack = await StackCommand.create();
  const { code, stderr } = await stack.run(['start']);
  expect(code, stderr).toBe(0);
  secretKey = String((await stack.status()).SECRET_KEY);
});
afterAll(() => stack?.remove());

/** A running process that the stack has noted, now or later. */
function runningProcess(name: string): Promise<ProcessIdentity> {
  const find = () => stack.processes().find((candidate) => candidate.name === name && isRunning(candidate));
  return vi.waitUntil(find, { timeout: 60_000 });
}

/** Kills a part and makes its restart impossible before the stack can try, then waits until it has tried twice. */
async function killAndBlock(name: string, failure: string, block: () => Promise<void>): Promise<void> {
  const [supervisor, part] = [await runningProcess('supervisor'), await runningProcess(name)];
  const failures = () => stack.log().split(failure).length - 1;
  const before = failures();
  process.kill(supervisor.pid, 'SIGSTOP');
  try {
    process.kill(part.pid, 'SIGKILL');
    await ended(part);
    await block();
  } finally {
    process.kill(supervisor.pid, 'SIGCONT');
  }
  await expect.poll(failures).toBeGreaterThan(before + 1);
}

async function restStatus(): Promise<number> {
  const url = `http://127.0.0.1:${stack.apiPort}/rest/v1/instruments?select=id`;
  return (await fetch(url, { headers: { apikey: secretKey } })).status;
}

test('Postgres comes back when its port is free again, and is noted', async () => {
  // Hangs up: who waits for an answer of what only holds the port would wait on when Postgres is back.
  const squatter = createServer((socket) => socket.destroy());
  await killAndBlock('postgres', 'Postgres does not start', async () => {
    await once(squatter.listen(stack.dbPort, '127.0.0.1'), 'listening');
  });
  squatter.close();
  await expect.poll(restStatus).toBe(200);
  await runningProcess('postgres');
});

test('PostgREST comes back when it can listen again', async () => {
  const socket = join(stack.state()?.socketDir ?? '', 'rest.sock');
  await killAndBlock('postgrest', 'PostgREST does not start', async () => {
    rmSync(socket, { force: true });
    mkdirSync(socket);
  });
  rmdirSync(socket);
  await expect.poll(restStatus).toBe(200);
});

test('a stop ends a stack that is trying to bring a part back', async () => {
  await killAndBlock('postgrest', 'PostgREST does not start', async () => {
    const socket = join(stack.state()?.socketDir ?? '', 'rest.sock');
    rmSync(socket, { force: true });
    mkdirSync(socket);
  });
  const processes = stack.processes();
  expect(await stack.run(['stop'])).toMatchObject({ code: 0, stdout: 'Stopped.\n' });
  expect(processes.filter(isRunning)).toEqual([]);
});
