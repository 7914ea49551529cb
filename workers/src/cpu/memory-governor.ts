/** A job that waits for memory. */
interface Waiting {
  readonly bytes: number;
  readonly admit: () => void;
}

/**
 * Admits CPU jobs by the memory that they are expected to take, so that a few large ones do not end the process for all.
 * Jobs wait in the order in which they came: a large one is not overtaken for ever by small ones. One that is larger than
 * everything there is runs alone.
 */
export class MemoryGovernor {
  readonly #maxBytes: number;
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  #running = 0;

  /** @param maxBytes most memory of all jobs that run at a time */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many jobs wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Does work once there is memory for it. Rejects with the signal's reason if that aborts while the job waits; from then
   * on the work itself sees to the signal.
   */
  async run<T>(bytes: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#admit(bytes, signal);
    try {
      return await work();
    } finally {
      this.#bytes -= bytes;
      this.#running -= 1;
      this.#admitWaiting();
    }
  }

  #admit(bytes: number, signal: AbortSignal): Promise<void> {
    const admitted = Promise.withResolvers<void>();
    const abort = () => {
      const place = this.#waiting.indexOf(waiting);
      if (place < 0) return;
      this.#waiting.splice(place, 1);
      admitted.reject(signal.reason);
      this.#admitWaiting();
    };
    const waiting: Waiting = {
      bytes,
      admit: () => {
        signal.removeEventListener('abort', abort);
        admitted.resolve();
      },
    };
    this.#waiting.push(waiting);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    else this.#admitWaiting();
    return admitted.promise;
  }

  #admitWaiting(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (this.#running > 0 && this.#bytes + next.bytes > this.#maxBytes) return;
      this.#waiting.shift();
      this.#bytes += next.bytes;
      this.#running += 1;
      next.admit();
    }
  }
}
