import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { ended, StackCommand } from '../../packages/local-stack/test/support/stack-command.ts';
import { enableWorkerLogin } from '../start/worker-process.ts';
import { RestartableProcess } from './restartable-process.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Parts of the backend that chaos kills, and how the stack's notes call them. */
const PARTS = { realtime: 'supervisor', functions: 'deno', rest: 'postgrest', postgres: 'postgres' } as const;
export type Part = keyof typeof PARTS;

/** The backend as an operator runs it: the stack by its command line, and a worker; each is a process that can be killed. */
export class ChaosWorld {
  readonly apiUrl: string;
  readonly publishableKey: string;
  readonly databaseUrl: string;
  readonly worker: RestartableProcess;
  readonly dir: string;
  readonly #stack: StackCommand;

  private constructor(stack: StackCommand, status: Record<string, unknown>, workerUrl: string) {
    this.#stack = stack;
    this.dir = stack.stateDir;
    this.apiUrl = String(status.API_URL);
    this.publishableKey = String(status.PUBLISHABLE_KEY);
    this.databaseUrl = String(status.DB_URL);
    this.worker = new RestartableProcess({
      name: 'worker',
      args: [join(ROOT, 'workers', 'src', 'main.ts')],
      env: { TRADEBASE_WORKER_DATABASE_URL: workerUrl },
    });
  }

  static async start(): Promise<ChaosWorld> {
    const stack = await StackCommand.create();
    const { code, stderr } = await stack.run(['start']);
    if (code !== 0) throw new Error(`the stack did not start: ${stderr}`);
    const status = await stack.status();
    const world = new ChaosWorld(stack, status, await enableWorkerLogin(String(status.DB_URL), stack.stateDir));
    world.worker.start();
    return world;
  }

  /** Kills a part without a chance to tidy up. The stack brings its children back; who kills the stack itself starts it again. */
  async kill(part: Part): Promise<void> {
    const victim = this.#stack.processes().find(({ name }) => name === PARTS[part]);
    if (!victim) return;
    try {
      process.kill(victim.pid, 'SIGKILL');
    } catch {
      // It had just died by itself, or been replaced: as good as killed.
      return;
    }
    await ended(victim);
    if (part === 'realtime') await this.#restartStack();
  }

  async #restartStack(): Promise<void> {
    const { code, stderr, stdout } = await this.#stack.run(['start']);
    if (code !== 0) throw new Error(`the stack did not start again: ${stderr}${stdout}`);
  }

  /** Runs statements with a connection of its own as the role of the migrations. */
  async withPostgres<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    // Postgres may be killed under it: the query in hand says so.
    client.on('error', () => {});
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end().catch(() => {});
    }
  }

  /** A file below the world's folder that only its user can read. */
  writeSecret(name: string, text: string): string {
    mkdirSync(join(this.dir, 'chaos'), { recursive: true, mode: 0o700 });
    const path = join(this.dir, 'chaos', name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  async stop(): Promise<void> {
    await this.worker.stop();
    await this.#stack.remove();
  }
}
