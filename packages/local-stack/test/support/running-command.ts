import type { ChildProcessByStdio } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import type { Readable } from 'node:stream';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way: what it has printed so far, and how it ends. */
export class RunningCommand {
  /** Resolves when the command has ended and everything it printed has arrived. */
  readonly outcome: Promise<Outcome>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #printed = { stdout: '', stderr: '' };
  readonly #progress = new EventEmitter();

  constructor(child: ChildProcessByStdio<null, Readable, Readable>) {
    this.#child = child;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        this.#printed[name] += text;
        this.#progress.emit('progress');
      });
    }
    this.outcome = once(child, 'close').then(([code]) => ({ code, ...this.#printed }));
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when the command has printed something that matches; rejects when it ends without. */
  async printed(pattern: RegExp): Promise<void> {
    const ended = this.outcome.then((outcome) => {
      throw new Error(`the command ended and printed nothing like ${pattern}: ${JSON.stringify(outcome)}`);
    });
    ended.catch(() => {});
    while (!pattern.test(this.#printed.stdout + this.#printed.stderr)) {
      await Promise.race([once(this.#progress, 'progress'), ended]);
    }
  }
}
