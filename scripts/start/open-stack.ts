import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalStack, loadStackKeys, openStackHome, StackAlreadyUpError, type StackKeys } from '@tradebase/local-stack';
import type { Steps } from './steps.ts';

/** A stack to work with, whoever started it. */
export interface OpenStack {
  readonly apiUrl: string;
  readonly databaseUrl: string;
  readonly keys: StackKeys;
  readonly stateDir: string;
  /** Whether this process started it, and so stops it. */
  readonly owned: boolean;
  stop(): Promise<void>;
}

/** Starts the project's stack, or uses the one that is up. */
export async function openStack(projectDir: string, steps: Steps): Promise<OpenStack> {
  const home = openStackHome(projectDir);
  try {
    let logStarted = false;
    const stack = await LocalStack.start({
      projectDir,
      log: (service, message) => {
        if (!logStarted) writeFileSync(home.logPath, '', { mode: 0o600 });
        logStarted = true;
        appendFileSync(home.logPath, `[${service}] ${message}\n`);
      },
      onStep: (step) => steps.begin(step),
    });
    steps.end(stack.apiUrl);
    return {
      apiUrl: stack.apiUrl,
      databaseUrl: stack.databaseUrl,
      keys: stack.keys,
      stateDir: home.dir,
      owned: true,
      stop: () => stack.stop(),
    };
  } catch (error) {
    if (!(error instanceof StackAlreadyUpError) || !error.state.ready) throw error;
    process.stderr.write(`${error.message}: using it\n`);
    return {
      apiUrl: error.state.apiUrl,
      databaseUrl: error.state.databaseUrl,
      keys: await loadStackKeys(home),
      stateDir: home.dir,
      owned: false,
      stop: async () => {},
    };
  }
}

/** Where the worker of `npm start` writes its log. */
export function workerLogPath({ stateDir }: OpenStack): string {
  return join(stateDir, 'worker.log');
}
