import { setTimeout as delay } from 'node:timers/promises';

/** From one attempt to the next the delay doubles, up to twelve attempts a minute. */
const DELAY_MS = { first: 100, max: 5_000 };
/** What ran this long did not fail at its start: the next restart is quick again. */
const STABLE_MS = 10_000;

export interface RestarterOptions {
  /** Ends the attempts. */
  readonly signal: AbortSignal;
  /** Told why an attempt failed. */
  readonly onFailure: (reason: string) => void;
}

/** Starts one part of the stack again and again until it runs: what it needs may be away just now. */
export class Restarter {
  readonly #options: RestarterOptions;
  #delayMs = DELAY_MS.first;
  #runsSince = performance.now();

  constructor(options: RestarterOptions) {
    this.#options = options;
  }

  /** Resolves with what `start` started, or with undefined when the signal came first. Never rejects. */
  async restart<T>(start: () => Promise<T>): Promise<T | undefined> {
    const { signal, onFailure } = this.#options;
    if (performance.now() - this.#runsSince > STABLE_MS) this.#delayMs = DELAY_MS.first;
    for (;;) {
      await delay(this.#delayMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return undefined;
      this.#delayMs = Math.min(this.#delayMs * 2, DELAY_MS.max);
      try {
        const started = await start();
        this.#runsSince = performance.now();
        return started;
      } catch (error) {
        if (!signal.aborted) onFailure(error instanceof Error ? error.message : String(error));
      }
    }
  }
}
