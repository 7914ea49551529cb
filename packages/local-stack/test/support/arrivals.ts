/** Things that arrive one by one, for a test to wait for in order. */
export class Arrivals<T> {
  readonly #waiting: ((item: T) => void)[] = [];
  readonly #items: T[] = [];

  push(item: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(item);
    else this.#items.push(item);
  }

  next(): Promise<T> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The next one that fits; those before it are dropped. */
  async find(fits: (item: T) => boolean): Promise<T> {
    for (;;) {
      const item = await this.next();
      if (fits(item)) return item;
    }
  }
}
