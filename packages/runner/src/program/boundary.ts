import { orAborted } from '../sdk/or-aborted.ts';

/**
 * Where commands meet a loop: between two bars. The loop works alone while it does a bar; while it waits for the next one,
 * others may work, one at a time. Paused, it does not go on, however much it waited for has come.
 */
export class Boundary {
  #isTaken = false;
  readonly #queue: (() => void)[] = [];
  #resumed: PromiseWithResolvers<void> | undefined;
  #isAsking = false;
  #atRest: (() => void)[] = [];

  /** The loop begins. */
  enter(): Promise<void> {
    return this.#take();
  }

  /** The loop is over. */
  leave(): void {
    this.#release();
  }

  /** The loop waits for something, and until it may go on; others may work meanwhile. */
  async until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      this.#release();
      try {
        await orAborted(promise, signal);
        while (this.#resumed) await orAborted(this.#resumed.promise, signal);
      } finally {
        // Also when it fails: `leave` gives the turn back.
        await this.#take();
      }
      // It may have been paused again while it waited for its turn.
      if (!this.#resumed) return promise;
    }
  }

  /** The loop asks for something that may take long, in a state in which it may be looked at. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#isAsking = true;
    this.#tellAtRest();
    try {
      return await work();
    } finally {
      this.#isAsking = false;
    }
  }

  /** Does something between two bars. */
  async run(work: () => Promise<void>): Promise<void> {
    await this.#take();
    try {
      await work();
    } finally {
      this.#release();
    }
  }

  pause(): void {
    this.#resumed ??= Promise.withResolvers();
  }

  resume(): void {
    this.#resumed?.resolve();
    this.#resumed = undefined;
  }

  /** Resolves when the loop is between two bars, or asks. */
  reached(): Promise<void> {
    if (!this.#isTaken || this.#isAsking) return Promise.resolve();
    return new Promise((resolve) => this.#atRest.push(resolve));
  }

  async #take(): Promise<void> {
    if (!this.#isTaken) {
      this.#isTaken = true;
      return;
    }
    await new Promise<void>((resolve) => this.#queue.push(resolve));
  }

  #release(): void {
    const next = this.#queue.shift();
    if (next) next();
    else {
      this.#isTaken = false;
      this.#tellAtRest();
    }
  }

  #tellAtRest(): void {
    for (const resolve of this.#atRest.splice(0)) resolve();
  }
}
