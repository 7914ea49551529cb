import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalStack } from '../local-stack.ts';
import { nextSignal } from '../process/next-signal.ts';
import type { Log } from '../stack-context.ts';
import { openStackHome } from '../state/stack-home.ts';
import { readRunningState, StackAlreadyUpError } from '../state/stack-state.ts';
import { showStatus } from './show-status.ts';

const log: Log = (service, message) => process.stderr.write(`[${service}] ${message}\n`);

/** Exit code of a start that was interrupted, as of a program that SIGINT ended. */
const INTERRUPTED = 130;

/** Runs the stack in this process until a signal comes. A second signal exits at once. */
export async function startInForeground(projectDir: string): Promise<number> {
  // From the beginning: a signal in the middle of a start must not leave Postgres behind.
  let stopping = false;
  const interrupted = nextSignal().then(() => {
    stopping = true;
    process.stderr.write('Stopping ...\n');
    void nextSignal().then(() => process.exit(1));
  });
  let stack: LocalStack;
  try {
    stack = await LocalStack.start({
      projectDir,
      log,
      onStep: (step) => process.stderr.write(`Starting ${step} ...\n`),
    });
  } catch (error) {
    if (stopping) return INTERRUPTED;
    if (!(error instanceof StackAlreadyUpError)) throw error;
    process.stdout.write(`${error.message}\n`);
    return 0;
  }
  const abandoned = process.send !== undefined && !process.connected;
  if (stopping || abandoned) {
    await stack.stop();
    return INTERRUPTED;
  }
  // With a callback, because a starter that ends just now would make send() throw.
  if (process.send) process.send('ready', () => {});
  else await showStatus(projectDir, false);
  await interrupted;
  await stack.stop();
  return 0;
}

/** Starts the stack as a process of its own, waits until it is ready, and prints where it is. */
export async function startInBackground(projectDir: string): Promise<number> {
  const home = openStackHome(projectDir);
  const running = readRunningState(home.statePath);
  if (running) {
    process.stdout.write(`${new StackAlreadyUpError(running).message}\n`);
    return 0;
  }
  const logFile = openSync(home.logPath, 'w', 0o600);
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'cli.ts'), 'start', '--foreground'], {
    cwd: projectDir,
    detached: true,
    stdio: ['ignore', logFile, logFile, 'ipc'],
  });
  const ready = once(child, 'message').then(() => 'ready' as const);
  const ended = once(child, 'exit').then(() => 'ended' as const);
  if ((await Promise.race([ready, ended])) === 'ended') {
    process.stderr.write(readFileSync(home.logPath, 'utf8'));
    return child.exitCode ?? 1;
  }
  child.disconnect();
  child.unref();
  return showStatus(projectDir, false);
}
