import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { killAtExit } from '../process/kill-at-exit.ts';
import { denoBinary } from './deno-binary.ts';
import { DRAIN_COMMAND, type HostReady, type LoadFailure, READY_PREFIX } from './host-protocol.ts';

export interface FunctionProcessOptions {
  readonly socketPath: string;
  /** Arguments of Deno, see hostLaunch. */
  readonly args: readonly string[];
  /** The whole environment of the functions. */
  readonly environment: Record<string, string>;
  /** Where Deno keeps what it compiled. */
  readonly denoDir: string;
  /** Takes each line that the functions write. */
  readonly onLine: (line: string) => void;
}

const READY_TIMEOUT_MS = 30_000;
/** Lines of output that an error about a failed start quotes. */
const QUOTED_LINES = 5;

/** One running Deno process that serves functions on a unix socket. */
export class FunctionProcess {
  readonly socketPath: string;
  readonly pid: number;
  /** Names of the functions that can be called. */
  readonly loaded: readonly string[];
  /** Functions that answer 503 because they could not be loaded. */
  readonly failures: readonly LoadFailure[];
  /** Resolves when the process has ended, with how: `code 1` or `signal SIGKILL`. */
  readonly exited: Promise<string>;
  readonly #stdin: Writable;

  private constructor(socketPath: string, child: Child, exited: Promise<string>, { loaded, failures }: HostReady) {
    this.socketPath = socketPath;
    this.pid = child.pid ?? 0;
    this.loaded = loaded;
    this.failures = failures;
    this.exited = exited;
    this.#stdin = child.stdin;
  }

  /** Starts a process and resolves once it accepts requests. Rejects with what it wrote when it cannot. */
  static async start(options: FunctionProcessOptions): Promise<FunctionProcess> {
    rmSync(options.socketPath, { force: true });
    const child = launch(options);
    const exited = describeExit(child).finally(() => rmSync(options.socketPath, { force: true }));
    const lastLines: string[] = [];
    const ready = new Promise<HostReady>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          if (line.startsWith(READY_PREFIX)) return resolve(JSON.parse(line.slice(READY_PREFIX.length)));
          if (lastLines.push(line) > QUOTED_LINES) lastLines.shift();
          options.onLine(line);
        });
      }
    });
    const started = new AbortController();
    const late = delay(READY_TIMEOUT_MS, `not ready after ${READY_TIMEOUT_MS} ms`, { signal: started.signal });
    late.catch(() => undefined);
    const outcome = await Promise.race([ready, exited, late]);
    started.abort();
    if (typeof outcome !== 'string') return new FunctionProcess(options.socketPath, child, exited, outcome);
    killGroup(child.pid);
    await exited;
    throw new Error(`the functions process did not start (${outcome}): ${lastLines.join(' | ')}`);
  }

  /** Lets requests under way finish for at most `graceMs`, then ends the process. */
  async stop(graceMs: number): Promise<void> {
    this.#stdin.write(DRAIN_COMMAND);
    const stopped = new AbortController();
    const late = delay(graceMs, 'late' as const, { signal: stopped.signal }).catch(() => undefined);
    const outcome = await Promise.race([this.exited, late]);
    stopped.abort();
    if (outcome === 'late') killGroup(this.pid);
    await this.exited;
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function launch({ args, environment, denoDir }: FunctionProcessOptions): Child {
  const child = spawn(denoBinary(), args, {
    // A group of its own: Ctrl-C in the terminal goes to the parent alone, which then stops this process in order.
    detached: true,
    env: { ...environment, DENO_DIR: denoDir, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // The end of its stdin already ends it, unless a function keeps its event loop busy.
  killAtExit(child, 'SIGKILL');
  // A process that has just died cannot be written to, and `exited` already says so.
  child.stdin.on('error', () => undefined);
  return child;
}

async function describeExit(child: Child): Promise<string> {
  try {
    const [code, signal]: (number | string | null)[] = await once(child, 'exit');
    return signal ? `signal ${signal}` : `code ${code}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Ends the process at once; quiet when it is already gone. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined || pid === 0) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
