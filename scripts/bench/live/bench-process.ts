import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';

/** A process of clients, so that their work does not delay the server and the clock that measure them. */
export class BenchProcess<Report> {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #reports: NodeJS.AsyncIterator<unknown[]>;

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    this.#reports = on(child, 'message', { close: ['exit'] });
  }

  /** Starts a file of this folder and gives it its order as JSON. */
  static start<Report>(file: string, order: unknown): BenchProcess<Report> {
    return new BenchProcess<Report>(file, fork(new URL(file, import.meta.url), [JSON.stringify(order)]));
  }

  /** What it tells next. Rejects when it has ended. */
  async next(): Promise<Report> {
    const { value, done } = await this.#reports.next();
    if (done) throw new Error(`${this.#name} ended: ${this.#child.signalCode ?? this.#child.exitCode}`);
    const [report] = value as [Report];
    return report;
  }

  send(message: object): void {
    this.#child.send(message);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill();
    await exited;
  }
}

/** In the process itself: what it was ordered. */
export function readOrder<Order>(): Order {
  return JSON.parse(process.argv[2] ?? '') as Order;
}

/** In the process itself: tells the one that started it. */
export function tell(report: object): void {
  process.send?.(report);
}
