import type { Pool } from 'pg';
import type { Log } from '../stack-context.ts';

const INTERVAL_MS = 60 * 60_000;

/** Makes the coming days' partitions of realtime.messages and drops the old ones: now, and then every hour. */
export class PartitionKeeper {
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout;
  #current: Promise<void> = Promise.resolve();

  constructor(pool: Pool, log: Log) {
    this.#pool = pool;
    this.#log = log;
    this.#timer = setInterval(() => void this.run(), INTERVAL_MS);
  }

  /** A failure is logged and made good an hour later: partitions exist three days ahead. */
  run(): Promise<void> {
    this.#current = this.#pool.query('select realtime.maintain_message_partitions()').then(
      () => undefined,
      (error) => this.#log('realtime', `partitions of realtime.messages were not maintained: ${String(error)}`),
    );
    return this.#current;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#current;
  }
}
