import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scramVerifier } from '@tradebase/local-stack';
import { withDatabase } from '../command-line/with-database.ts';

/** More than a worker takes to bring its jobs to an end. */
const STOP_TIMEOUT_MS = 30_000;

/**
 * Lets workers log in to the local database, and returns their connection URL. The password is made once and kept in a
 * file that only its user can read.
 */
export async function enableWorkerLogin(databaseUrl: string, stateDir: string): Promise<string> {
  const path = join(stateDir, 'worker-password');
  if (!existsSync(path)) writeFileSync(path, randomBytes(24).toString('base64url'), { mode: 0o600 });
  const password = readFileSync(path, 'utf8').trim();
  // The stored form, so that the password itself is in no statement.
  const statement = `alter role tradebase_worker login password '${scramVerifier(password)}'`;
  await withDatabase(databaseUrl, 'tradebase-start', (client) => client.query(statement));
  const url = new URL(databaseUrl);
  url.username = 'tradebase_worker';
  url.password = password;
  return url.href;
}

/** A worker in a process of its own. */
export interface WorkerProcess {
  readonly child: ChildProcess;
  /** Resolves with the exit code when it ends, asked to or not. */
  readonly exited: Promise<number | null>;
  stop(): Promise<void>;
}

/** Starts a worker and waits until it consumes. Its log goes to a file; it ends when this process does. */
export async function startWorkerProcess(
  databaseUrl: string,
  logPath: string,
  environment: Record<string, string> = {},
): Promise<WorkerProcess> {
  const log = openSync(logPath, 'a', 0o600);
  const entry = join(import.meta.dirname, '..', '..', 'workers', 'src', 'main.ts');
  const child = spawn(process.execPath, [entry], {
    env: { ...process.env, ...environment, TRADEBASE_WORKER_DATABASE_URL: databaseUrl },
    // A process group of its own: Ctrl-C reaches this process alone, which stops things in order.
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const ready = once(child, 'message').then(() => 'ready' as const);
  if ((await Promise.race([ready, exited])) !== 'ready') throw new Error(`the worker did not start: see ${logPath}`);
  return {
    child,
    exited,
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}
