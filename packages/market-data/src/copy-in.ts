import { once } from 'node:events';
import type { ClientBase } from 'pg';
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams';

/** One `COPY ... FROM STDIN`, as promises. Nothing else may use the client until it has finished or been cancelled. */
export class CopyIn {
  readonly #stream: CopyStreamQuery;
  #failure: Error | undefined;

  constructor(client: ClientBase, sql: string) {
    this.#stream = client.query(copyFrom(sql));
    this.#stream.on('error', (error) => {
      this.#failure ??= error;
    });
  }

  /** Resolves when the bytes have left this process, so that their buffer can be used again. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#untilFailure((done) => this.#stream.write(bytes, done));
  }

  /** Ends the COPY and resolves when the server has taken every row. */
  finish(): Promise<void> {
    return this.#untilFailure((done) => {
      this.#stream.once('finish', done);
      this.#stream.end();
    });
  }

  /** Makes the server give up the COPY, and resolves when it has: the transaction can then be rolled back. */
  async cancel(): Promise<void> {
    if (this.#failure || this.#stream.closed) return;
    const closed = once(this.#stream, 'close').catch(() => undefined);
    this.#stream.destroy(new Error('the import was cancelled'));
    await closed;
  }

  /** After an error of the server or the connection, pg-copy-streams calls no callback any more: only 'error' tells. */
  #untilFailure(start: (done: (error?: Error | null) => void) => void): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#stream.once('error', reject);
      start((error) => {
        this.#stream.off('error', reject);
        if (error) reject(error);
        else resolve();
      });
    });
  }
}
