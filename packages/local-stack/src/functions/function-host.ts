import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Restarter } from '../process/restarter.ts';
import type { StackContext } from '../stack-context.ts';
import { findFunctions } from './find-functions.ts';
import { functionEnvironment } from './function-environment.ts';
import { FunctionProcess } from './function-process.ts';
import { hostLaunch } from './host-launch.ts';
import { watchFolders } from './watch-folders.ts';

export interface FunctionHostOptions {
  readonly context: StackContext;
  /** Folder for the unix sockets; made if absent. Keep it short: a socket's path holds about 100 bytes. */
  readonly socketDir: string;
  /** Whether a change of the functions' sources starts a new process in place of the old. */
  readonly watch: boolean;
  /** Where Deno keeps what it compiled; `.tradebase/deno` in the project by default. It may be empty or deleted. */
  readonly denoDir?: string;
}

/** The Edge Functions of one stack, served by one Deno process at a time. */
export interface FunctionHost {
  /** The unix socket to send requests to now, with the path `/<function>/...`; it changes with every new process. */
  socketPath(): string;
  /** Process id of the process behind `socketPath()`. */
  readonly pid: number;
  /** Ends the process and resolves when it is gone. */
  close(): Promise<void>;
}

/** A request that was sent to the old process just before a swap must still find it listening. */
const SWAP_SETTLE_MS = 500;
/** How long the old process may go on with requests under way. */
const DRAIN_MS = 30_000;
const CLOSE_GRACE_MS = 1_000;

/**
 * Serves every function below supabase/functions, and keeps serving: a process that dies is started again, and with
 * `watch` a change swaps in a new process without losing a request. Rejects when the first process cannot start; one
 * function that cannot be loaded only makes that function answer 503.
 */
export async function startFunctionHost(options: FunctionHostOptions): Promise<FunctionHost> {
  const supervisor = new Supervisor(options);
  await supervisor.start();
  return supervisor;
}

class Supervisor implements FunctionHost {
  readonly #options: FunctionHostOptions;
  readonly #denoDir: string;
  readonly #closing = new AbortController();
  readonly #retiring = new Set<FunctionProcess>();
  #current!: FunctionProcess;
  #supervision: Promise<void> = Promise.resolve();
  readonly #restarter = new Restarter({ signal: this.#closing.signal, onFailure: (reason) => this.#log(reason) });
  #launches = 0;
  #folders: readonly string[] = [];
  #stopWatching: () => void = () => undefined;
  #changed = Promise.withResolvers<'changed'>();

  constructor(options: FunctionHostOptions) {
    this.#options = options;
    this.#denoDir = options.denoDir ?? join(options.context.config.projectDir, '.tradebase', 'deno');
  }

  async start(): Promise<void> {
    mkdirSync(this.#options.socketDir, { recursive: true, mode: 0o700 });
    mkdirSync(this.#denoDir, { recursive: true, mode: 0o700 });
    try {
      this.#current = await this.#launch();
    } catch (error) {
      this.#stopWatching();
      throw error;
    }
    this.#reportFailures(this.#current);
    this.#supervision = this.#supervise();
  }

  socketPath(): string {
    return this.#current.socketPath;
  }

  get pid(): number {
    return this.#current.pid;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#stopWatching();
    await this.#supervision;
    await Promise.all([this.#current, ...this.#retiring].map((running) => running.stop(CLOSE_GRACE_MS)));
  }

  async #supervise(): Promise<void> {
    const closed = new Promise<'closed'>((resolve) => {
      this.#closing.signal.addEventListener('abort', () => resolve('closed'));
    });
    for (;;) {
      const exited = this.#current.exited.then((how) => ({ how }));
      const event = await Promise.race([closed, exited, this.#changed.promise]);
      if (event === 'closed') return;
      if (event === 'changed') await this.#reload();
      else await this.#restart(event.how);
    }
  }

  /** Puts a new process in the old one's place, unless a function that works now would stop working. */
  async #reload(): Promise<void> {
    this.#changed = Promise.withResolvers();
    const old = this.#current;
    try {
      const next = await this.#launch();
      const broken = next.failures.find(({ name }) => old.loaded.includes(name));
      if (broken) {
        await next.stop(0);
        throw new Error(`${broken.file}: ${broken.error}`);
      }
      this.#current = next;
      this.#reportFailures(next);
      void this.#retire(old);
      this.#log('reloaded');
    } catch (error) {
      this.#log(`not reloaded, the functions before the change go on: ${messageOf(error)}`);
    }
  }

  async #restart(how: string): Promise<void> {
    this.#log(`the functions process ended unasked (${how})`);
    const next = await this.#restarter.restart(() => this.#launch());
    if (!next) return;
    this.#current = next;
    this.#reportFailures(next);
    this.#log('restarted');
  }

  async #launch(): Promise<FunctionProcess> {
    const { context, socketDir } = this.#options;
    const { projectDir, functions: settings } = context.config;
    const functions = findFunctions(projectDir, (name) => settings[name]?.enabled ?? true);
    const environment = functionEnvironment(context);
    this.#launches += 1;
    const socketPath = join(socketDir, `functions-${this.#launches}.sock`);
    const { args, folders } = hostLaunch(projectDir, functions, socketPath, environment);
    if (this.#options.watch) this.#watch(folders);
    return FunctionProcess.start({
      socketPath,
      args,
      environment,
      denoDir: this.#denoDir,
      onLine: (line) => this.#log(line),
    });
  }

  #watch(folders: readonly string[]): void {
    if (folders.join() === this.#folders.join()) return;
    this.#folders = folders;
    this.#stopWatching();
    this.#stopWatching = watchFolders(folders, () => this.#changed.resolve('changed'));
  }

  async #retire(old: FunctionProcess): Promise<void> {
    this.#retiring.add(old);
    await delay(SWAP_SETTLE_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    await old.stop(DRAIN_MS);
    this.#retiring.delete(old);
  }

  #reportFailures({ failures }: FunctionProcess): void {
    for (const { name, file, error } of failures) this.#log(`function "${name}" (${file}) did not load: ${error}`);
  }

  #log(message: string): void {
    this.#options.context.log('functions', message);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
