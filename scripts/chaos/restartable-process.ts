import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ProcessSpec {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A program that is killed and started again, as a service manager would start it. Its output is kept for a failure. */
export class RestartableProcess {
  readonly #spec: ProcessSpec;
  readonly #output: string[] = [];
  #child: ChildProcess | undefined;

  constructor(spec: ProcessSpec) {
    this.#spec = spec;
  }

  /** Starts it, unless it runs. */
  start(): void {
    if (this.isRunning) return;
    const child = spawn(process.execPath, [...this.#spec.args], {
      env: { ...process.env, ...this.#spec.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.#keep(text));
    }
    child.on('exit', (code, signal) => this.#keep(`[${this.#spec.name} ended: ${signal ?? code}]\n`));
    this.#child = child;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends it at once, without a chance to tidy up. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Asks it to end. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** The last of what it printed. */
  get output(): string {
    return this.#output.join('').slice(-20_000);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || !this.isRunning) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  #keep(text: string): void {
    this.#output.push(text);
    if (this.#output.length > 5_000) this.#output.splice(0, 2_500);
  }
}
