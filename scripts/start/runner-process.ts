import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** What a runner process is started with. */
export interface RunnerStart {
  readonly url: string;
  readonly publishableKey: string;
  readonly apiKey: string;
  /** Its journals and spools. */
  readonly stateDir: string;
  readonly logPath: string;
  /** Of its command line: the feed. */
  readonly args: readonly string[];
}

/** `tradebase-runner` in a process of its own. */
export interface RunnerProcess {
  /** Which runner it is, for the start of a bot. */
  readonly sessionId: string;
  /** Rejects when it ends unasked. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/** More than a runner takes to say goodbye. */
const STOP_TIMEOUT_MS = 10_000;

const LogLine = z.object({ message: z.string(), session_id: z.string().optional() });

/** Starts a runner and waits until it is connected. Its log goes to a file. @throws Error with what it said last */
export async function startRunnerProcess({ logPath, ...start }: RunnerStart): Promise<RunnerProcess> {
  const entry = join(import.meta.dirname, '..', '..', 'packages', 'runner', 'src', 'main.ts');
  const child = spawn(process.execPath, [entry, '--json', '--state-dir', start.stateDir, ...start.args], {
    env: {
      ...process.env,
      TRADEBASE_URL: start.url,
      TRADEBASE_PUBLISHABLE_KEY: start.publishableKey,
      // Not on the command line, which every user of the machine can read.
      TRADEBASE_API_KEY: start.apiKey,
    },
    // A process group of its own: Ctrl-C reaches this process alone, which stops things in order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logPath, { flags: 'a', mode: 0o600 });
  const connected = Promise.withResolvers<string>();
  let last = '';
  const hear = (line: string) => {
    log.write(`${line}\n`);
    const { message = line, session_id } = LogLine.safeParse(parseJson(line)).data ?? {};
    last = message;
    if (session_id !== undefined) connected.resolve(session_id);
  };
  createInterface(child.stdout).on('line', hear);
  createInterface(child.stderr).on('line', hear);
  const closed = once(child, 'close');
  const failed = closed.then(() => Promise.reject(new Error(`the runner ended: ${last} (its log: ${logPath})`)));
  // Asked to end, nobody waits for it to fail.
  failed.catch(() => {});
  return {
    sessionId: await Promise.race([connected.promise, failed]),
    failed,
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await closed;
      clearTimeout(timer);
      log.end();
    },
  };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
