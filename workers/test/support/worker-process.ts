import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestStack } from '@tradebase/local-stack/testing';
import { WORKER_PASSWORD } from '../../../scripts/test/support/global-setup.ts';

/** A worker in a process of its own, as in production, with its log at hand. */
export interface TestWorker {
  readonly process: ChildProcess;
  /** Resolves with the first log line that matches, now or later. */
  logged(pattern: RegExp): Promise<string>;
  /** Ends the process, by default as an operator would. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** Connection URL of tradebase_worker to a test stack. */
export function workerUrl(stack: TestStack): string {
  const url = new URL(stack.databaseUrl());
  url.username = 'tradebase_worker';
  url.password = WORKER_PASSWORD;
  return url.href;
}

/** Starts a worker on a test stack and waits until it consumes. */
export async function startTestWorker(stack: TestStack, env: Record<string, string> = {}): Promise<TestWorker> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'src', 'main.ts')], {
    env: { ...process.env, TRADEBASE_WORKER_DATABASE_URL: workerUrl(stack), ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const lines: string[] = [];
  let listeners: ((line: string) => void)[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n').filter(Boolean)) {
      lines.push(line);
      for (const listener of listeners) listener(line);
    }
  });
  const exited = once(child, 'exit');
  await Promise.race([
    once(child, 'message'),
    exited.then(() => Promise.reject(new Error(`the worker did not start:\n${lines.join('\n')}`))),
  ]);
  return {
    process: child,
    logged: (pattern) =>
      new Promise((resolve) => {
        const known = lines.find((line) => pattern.test(line));
        if (known !== undefined) {
          resolve(known);
          return;
        }
        const listener = (line: string) => {
          if (!pattern.test(line)) return;
          listeners = listeners.filter((other) => other !== listener);
          resolve(line);
        };
        listeners.push(listener);
      }),
    end: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await exited;
    },
  };
}
