import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** The runner program as a trader runs it: a process of its own. */
export class RunnerProgram {
  readonly #child: ChildProcess;
  /** All it has said. */
  output = '';

  constructor(
    stack: { readonly apiUrl: string; readonly keys: { readonly publishableKey: string } },
    apiKey: string,
    stateDir: string,
    args: readonly string[] = [],
  ) {
    const { apiUrl, keys } = stack;
    const given = [
      '--url',
      apiUrl,
      '--publishable-key',
      keys.publishableKey,
      '--state-dir',
      stateDir,
      '--json',
      ...args,
    ];
    this.#child = spawn(process.execPath, [MAIN, ...given], { env: { ...process.env, TRADEBASE_API_KEY: apiKey } });
    const hear = (chunk: Buffer) => {
      this.output += chunk.toString();
    };
    this.#child.stdout?.on('data', hear);
    this.#child.stderr?.on('data', hear);
  }

  /** Ends it, and resolves with its exit code; null where it was killed. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    return this.exit();
  }

  async exit(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }
}
