import type { Pgoutput } from 'pg-logical-replication';
import { type Commit, type RowChange, toRowChange } from './row-change.ts';

/** Rows that are judged together. */
const BATCH_ROWS = 200;
/** What may wait, in rows and in characters, before no more is read from Postgres. */
const MAX_WAITING_ROWS = 2_000;
const MAX_WAITING_SIZE = 16 * 1024 * 1024;

/**
 * Changes on their way from the stream to those who judge them, one batch after another. When too many wait, `receive`
 * does not resolve until some have gone, so that a huge transaction stays in Postgres rather than in memory.
 */
export class ChangeQueue {
  readonly #work: (batch: readonly RowChange[]) => Promise<void>;
  #waiting: RowChange[] = [];
  #size = 0;
  #commit: Commit = { at: new Date(0), xid: 0 };
  #working: Promise<void> | undefined;
  #room = Promise.withResolvers<void>();

  /** @param work Never rejects. */
  constructor(work: (batch: readonly RowChange[]) => Promise<void>) {
    this.#work = work;
  }

  /** Takes a message of the stream; resolves when there is room for more. */
  receive(message: Pgoutput.Message): void | Promise<void> {
    switch (message.tag) {
      case 'begin':
        this.#commit = { at: new Date(Number(message.commitTime.valueOf() / 1000n)), xid: message.xid };
        return;
      case 'insert':
      case 'update':
      case 'delete':
        return this.#add(toRowChange(message, this.#commit));
      default:
        return;
    }
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    await this.#working;
  }

  #add(change: RowChange): void | Promise<void> {
    this.#waiting.push(change);
    this.#size += change.size;
    this.#working ??= this.#run();
    if (this.#waiting.length > MAX_WAITING_ROWS || this.#size > MAX_WAITING_SIZE) return this.#room.promise;
  }

  async #run(): Promise<void> {
    // What arrives in the same turn of the event loop is judged together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, BATCH_ROWS);
      this.#waiting = this.#waiting.slice(BATCH_ROWS);
      this.#size -= batch.reduce((sum, { size }) => sum + size, 0);
      this.#room.resolve();
      this.#room = Promise.withResolvers();
      await this.#work(batch);
    }
    this.#working = undefined;
  }
}
