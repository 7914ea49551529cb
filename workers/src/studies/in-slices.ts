import { setImmediate } from 'node:timers/promises';
import { StudyStopped } from './study-stopped.ts';

/** The event loop is held for no longer than about this. */
const SLICE_MS = 15;

/** Lets the event loop turn where it was held for long; stops where the study is to. */
export class Breather {
  readonly #signal: AbortSignal;
  #since = performance.now();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether it is time to `breathe`: cheap enough to ask in a loop. */
  get due(): boolean {
    return performance.now() - this.#since > SLICE_MS;
  }

  async breathe(): Promise<void> {
    await setImmediate();
    if (this.#signal.aborted) throw new StudyStopped();
    this.#since = performance.now();
  }
}

/** The result of a long computation that yields now and then. */
export async function inSlices<Result>(steps: Generator<unknown, Result, void>, signal: AbortSignal): Promise<Result> {
  const breather = new Breather(signal);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (breather.due) await breather.breathe();
  }
}
