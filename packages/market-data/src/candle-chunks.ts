/** Where in a range a reader begins: its first bars and on, or its last bars and back. */
export type RangeEnd = 'front' | 'back';

/** A stretch of time that one statement reads, in so many slices. */
export interface CandleChunk {
  /** First time, inclusive, in milliseconds since the Unix epoch. */
  readonly start: number;
  /** Time to stop before. */
  readonly end: number;
  readonly sliceCount: number;
}

/** A slice is sent in one piece, 480 KB, so that a stream of them keeps the server and this process busy at once. */
const BARS_IN_SLICE = 10_000;
/** Few, so that two readers end at nearly the same time; but each statement costs the server a millisecond. */
const SLICES_IN_CHUNK = 10;

/**
 * A range of time in chunks that readers take from both ends, until they meet. Each takes as many as it can read, so that
 * it does not matter where the bars are dense, nor which reader came late.
 */
export class CandleChunks {
  readonly #start: number;
  readonly #end: number;
  readonly #chunkMs: number;
  readonly #sliceCount: number;
  #next = 0;
  #stop: number;

  /**
   * @param start first time, inclusive, in milliseconds since the Unix epoch
   * @param end time to stop before, later than `start`
   * @param expectedCount about how many bars there are
   */
  constructor(start: number, end: number, expectedCount: number) {
    const sliceCount = Math.max(1, Math.ceil(expectedCount / BARS_IN_SLICE));
    const chunkCount = Math.ceil(sliceCount / SLICES_IN_CHUNK);
    this.#start = start;
    this.#end = end;
    this.#chunkMs = Math.ceil((end - start) / chunkCount);
    this.#sliceCount = Math.ceil(sliceCount / chunkCount);
    this.#stop = Math.ceil((end - start) / this.#chunkMs);
  }

  /** How many are still to be taken. */
  get remaining(): number {
    return this.#stop - this.#next;
  }

  take(from: RangeEnd): CandleChunk | undefined {
    if (this.remaining === 0) return undefined;
    const index = from === 'front' ? this.#next++ : --this.#stop;
    const start = this.#start + index * this.#chunkMs;
    return { start, end: Math.min(this.#end, start + this.#chunkMs), sliceCount: this.#sliceCount };
  }

  /** Leaves nothing to take. */
  drop(): void {
    this.#stop = this.#next;
  }
}
