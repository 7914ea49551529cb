import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { findProjectDir } from '../src/config/stack-config.ts';
import { isRunning } from '../src/process/process-identity.ts';
import { ended, StackCommand } from './support/stack-command.ts';

/** The command line as developers use it, with a persistent stack that is up or down as each test needs it. */
let stack: StackCommand;

beforeAll(async () => {
  stack = await StackCommand.create();
});
afterAll(() => stack?.remove());

async function up(): Promise<void> {
  const { code, stderr } = await stack.run(['start']);
  expect(code, stderr).toBe(0);
}

const health = () => fetch(`http://127.0.0.1:${stack.apiPort}/auth/v1/health`);

describe('start', () => {
  test('brings a stack up and prints where it is, and status says the same', async () => {
    const { code, stdout } = await stack.run(['start']);
    expect(code).toBe(0);
    expect(stdout).toContain(`http://127.0.0.1:${stack.apiPort}`);
    const status = await stack.status();
    expect(status).toMatchObject({
      up: true,
      pid: stack.state()?.supervisor.pid,
      API_URL: `http://127.0.0.1:${stack.apiPort}`,
      DB_URL: `postgresql://postgres:postgres@127.0.0.1:${stack.dbPort}/postgres`,
      INBOX_URL: `http://127.0.0.1:${stack.apiPort}/inbox`,
    });
    for (const name of ['PUBLISHABLE_KEY', 'SECRET_KEY', 'ANON_KEY', 'SERVICE_ROLE_KEY']) {
      expect(stdout).toContain(status[name]);
    }
    expect((await health()).status).toBe(200);
  });

  test.each([[['start']], [['start', '--foreground']]])(
    'of a stack that is up says so and changes nothing: %s',
    async (args) => {
      await up();
      const before = stack.processes();
      const { code, stdout } = await stack.run(args);
      expect(code).toBe(0);
      expect(stdout).toContain(`already up (pid ${before[0]?.pid})`);
      expect(stack.processes()).toEqual(before);
      expect(before.every(isRunning)).toBe(true);
    },
  );

  test('twice at once makes one stack', async () => {
    await stack.run(['stop']);
    const outcomes = await Promise.all([stack.run(['start']), stack.run(['start'])]);
    expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
    expect((await health()).status).toBe(200);
  });

  test.each([
    ['the API', 'apiPort', '[api] port'],
    ['Postgres', 'dbPort', '[db] port'],
  ] as const)(
    'names the port of %s that is in use, and by whom, and leaves nothing running',
    async (what, port, key) => {
      await stack.run(['stop']);
      const squatter = createServer();
      await once(squatter.listen(stack[port], '127.0.0.1'), 'listening');
      onTestFinished(() => void squatter.close());
      const { code, stderr } = await stack.run(['start']);
      expect(code).toBe(1);
      expect(stderr).toContain(`port ${stack[port]}, for ${what}, is in use`);
      expect(stderr).toContain(`(pid ${process.pid})`);
      expect(stderr).toContain(key);
      expect(stack.state()).toBeUndefined();
      expect((await stack.run(['status'])).code).toBe(3);
    },
  );

  test('recovers from a supervisor that was killed, with the same keys and data', async () => {
    await up();
    const before = await stack.status();
    const [supervisor, ...children] = stack.processes();
    process.kill(Number(before.pid), 'SIGKILL');
    if (supervisor) await ended(supervisor);
    expect(children.some(isRunning)).toBe(true);
    await up();
    expect(children.some(isRunning)).toBe(false);
    const after = await stack.status();
    expect(after).toEqual({ ...before, pid: expect.any(Number) });
    expect(after.pid).not.toBe(before.pid);
    expect((await health()).status).toBe(200);
  });

  test('that is interrupted takes the stack it was starting along', async () => {
    await stack.run(['stop']);
    const command = stack.spawn(['start']);
    const supervisor = await stack.supervisor();
    command.kill('SIGINT');
    await command.outcome;
    await ended(supervisor);
    expect(stack.state()).toBeUndefined();
  });

  test('names the file when config.toml cannot be read', async () => {
    await stack.run(['stop']);
    const project = copyOfProject('[api]\nmax_rows = "many"\n');
    const { code, stderr } = await stack.run(['start', '--foreground'], project);
    expect(code).toBe(1);
    expect(stderr).toContain(`${project.config}: api.max_rows must be a number`);
    const broken = copyOfProject('[api\n');
    expect((await stack.run(['start', '--foreground'], broken)).stderr).toContain(`cannot read ${broken.config}`);
  });

  /** A project folder with the same packages and another config.toml; Node is told not to see through the links. */
  function copyOfProject(toml: string) {
    const dir = mkdtempSync(join(tmpdir(), 'project-'));
    const config = join(dir, 'supabase', 'config.toml');
    mkdirSync(join(dir, 'supabase'));
    writeFileSync(config, toml);
    const projectDir = findProjectDir(import.meta.dirname);
    for (const name of ['packages', 'node_modules']) symlinkSync(join(projectDir, name), join(dir, name));
    const cli = join(dir, 'packages', 'local-stack', 'src', 'cli.ts');
    return { config, cli, nodeArgs: ['--preserve-symlinks', '--preserve-symlinks-main'] };
  }
});

describe('start --foreground', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('ends everything on %s', async (signal) => {
    await stack.run(['stop']);
    const command = stack.spawn(['start', '--foreground']);
    await command.printed(/^The stack is up/m);
    const processes = stack.processes();
    expect(processes.map(({ name }) => name).sort()).toEqual(['deno', 'postgres', 'postgrest', 'supervisor']);
    command.kill(signal);
    expect(await command.outcome).toMatchObject({ code: 0 });
    expect(processes.filter(isRunning)).toEqual([]);
    expect(stack.state()).toBeUndefined();
  });

  test.each(['Postgres', 'services'])('ends everything on Ctrl-C while it starts %s', async (step) => {
    await stack.run(['stop']);
    const command = stack.spawn(['start', '--foreground']);
    await command.printed(new RegExp(`^Starting ${step}`, 'm'));
    command.kill('SIGINT');
    expect(await command.outcome).toMatchObject({ code: 130 });
    expect(stack.state()).toBeUndefined();
    await expectPortFree(stack.apiPort);
    await expectPortFree(stack.dbPort);
  });

  async function expectPortFree(port: number): Promise<void> {
    const server = createServer();
    await once(server.listen(port, '127.0.0.1'), 'listening');
    await once(server.close(), 'close');
  }
});

describe('stop', () => {
  test('ends everything, and what it says when nothing is up', async () => {
    await up();
    const processes = stack.processes();
    expect(await stack.run(['stop'])).toMatchObject({ code: 0, stdout: 'Stopped.\n' });
    expect(processes.filter(isRunning)).toEqual([]);
    expect(await stack.run(['stop'])).toMatchObject({ code: 0, stdout: 'The stack is not up.\n' });
  });

  test('ends what a killed supervisor left', async () => {
    await up();
    const [supervisor, ...children] = stack.processes();
    if (!supervisor) throw new Error('the stack has noted no supervisor');
    process.kill(supervisor.pid, 'SIGKILL');
    await ended(supervisor);
    const { stdout } = await stack.run(['stop']);
    expect(stdout).toMatch(/^The stack was killed before; ended \d processes it left\.$/m);
    expect(children.filter(isRunning)).toEqual([]);
  });
});

describe('status', () => {
  test('of a stack that is not up exits with 3', async () => {
    await stack.run(['stop']);
    expect(await stack.run(['status'])).toMatchObject({ code: 3, stdout: expect.stringContaining('not up') });
    expect(await stack.run(['status', '--json'])).toMatchObject({ code: 3, stdout: '{"up":false}\n' });
  });
});

describe('reset', () => {
  test('of a stack that is up starts it anew, with other keys and no users', async () => {
    await up();
    const before = await stack.status();
    expect(await userCount(before)).toBe(0);
    await createUser(before);
    expect(await userCount(before)).toBe(1);
    expect(await stack.run(['reset'])).toMatchObject({ code: 0 });
    const after = await stack.status();
    expect(after.up).toBe(true);
    expect(after.SECRET_KEY).not.toBe(before.SECRET_KEY);
    expect(await userCount(after)).toBe(0);
  });

  test.each(['status', 'start', 'stop', 'reset'])(
    'and every other command leaves a folder of others alone: %s',
    async (command) => {
      const home = mkdtempSync(join(tmpdir(), 'home-'));
      writeFileSync(join(home, 'diary.txt'), 'dear diary');
      const { code, stderr } = await stack.run([command], { stateDir: home });
      expect(code).toBe(1);
      expect(stderr).toContain(`${home} is not a state folder of the local stack`);
      expect(readdirSync(home)).toEqual(['diary.txt']);
    },
  );

  test('of a stack that is not up leaves it down', async () => {
    await stack.run(['stop']);
    expect(await stack.run(['reset'])).toMatchObject({ code: 0, stdout: expect.stringContaining('Deleted') });
    expect((await stack.run(['status'])).code).toBe(3);
  });

  const asServer = ({ SECRET_KEY }: Record<string, unknown>) => ({ apikey: String(SECRET_KEY) });

  async function userCount(status: Record<string, unknown>): Promise<number> {
    const response = await fetch(`${status.API_URL}/auth/v1/admin/users`, { headers: asServer(status) });
    return ((await response.json()) as { users: unknown[] }).users.length;
  }

  async function createUser(status: Record<string, unknown>): Promise<void> {
    const body = JSON.stringify({ email: 'trader@example.com', password: 'correct horse', email_confirm: true });
    const headers = asServer(status);
    await fetch(`${status.API_URL}/auth/v1/admin/users`, { method: 'POST', headers, body });
  }
});

describe('the command line', () => {
  test.each([['--help'], ['-h'], ['help']])('explains itself: %s', async (argument) => {
    const { code, stdout } = await stack.run([argument]);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: npm run stack -- <command>');
  });

  test.each([[[]], [['restart']], [['start', 'now']], [['start', '--fast']]])(
    'refuses what it does not know, with 2: %j',
    async (args) => {
      const { code, stdout, stderr } = await stack.run(args);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain('Usage: npm run stack -- <command>');
    },
  );
});
