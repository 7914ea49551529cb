/** A job that waits for memory. */
interface Waiting {
  readonly bytes: number;
  readonly admit: () => void;
}

/** How far over the bound a job may be that runs alone. */
const MOST_OF_BOUND = 2;

/**
 * Admits CPU jobs by the memory that they are expected to take, so that a few large ones do not end the process for all.
 * Jobs wait in the order in which they came: a large one is not overtaken for ever by small ones. One that is larger than
 * everything there is runs alone, unless it could not: `whyTooLarge`.
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

  /**
   * Why a job can never be run here, or null. The bound is half of the memory by default, and estimates are rough: up to
   * twice the bound a job runs alone. A larger one would end the process, and on each try another's.
   */
  whyTooLarge(bytes: number): string | null {
    if (bytes <= MOST_OF_BOUND * this.#maxBytes) return null;
    const megabytes = (count: number) => `${Math.ceil(count / 1e6)} MB`;
    return (
      `it would take about ${megabytes(bytes)} of memory, and a worker has ${megabytes(MOST_OF_BOUND * this.#maxBytes)}: ` +
      'use a shorter range, a longer timeframe, fewer instruments or fewer indicators'
    );
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
