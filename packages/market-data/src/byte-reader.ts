/** Takes given numbers of bytes from a stream of pieces. */
export class ByteReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  /**
   * The next `length` bytes.
   *
   * @param scratch memory to put them in, at least as long; their own if absent
   * @throws Error if the stream ends before
   */
  async read(
    length: number,
    scratch: Uint8Array<ArrayBuffer> = new Uint8Array(length),
  ): Promise<DataView<ArrayBuffer>> {
    for (let filled = 0; filled < length; ) {
      if (this.#at === this.#piece.length) await this.#next(length - filled);
      const part = this.#piece.subarray(this.#at, this.#at + length - filled);
      scratch.set(part, filled);
      filled += part.length;
      this.#at += part.length;
    }
    return new DataView(scratch.buffer, 0, length);
  }

  /** Lets the rest of the stream pass by. */
  async drain(): Promise<void> {
    while (!(await this.#pieces.next()).done);
  }

  async #next(missing: number): Promise<void> {
    const { value, done } = await this.#pieces.next();
    if (done) throw new Error(`the stream of candles ended ${missing} bytes early`);
    this.#piece = value;
    this.#at = 0;
  }
}
