import type { SessionBar } from '@tradebase/engine';

/** One series of bars, of which the next one can be looked at. */
class Series {
  readonly #pages: AsyncIterator<SessionBar[]>;
  #page: SessionBar[] = [];
  #at = 0;

  constructor(pages: AsyncIterable<SessionBar[]>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  async peek(): Promise<SessionBar | undefined> {
    while (this.#at >= this.#page.length) {
      const { value, done } = await this.#pages.next();
      if (done) return undefined;
      this.#page = value;
      this.#at = 0;
    }
    return this.#page[this.#at];
  }

  take(): void {
    this.#at += 1;
  }
}

/** Puts series of several symbols together: the bars of one time, oldest first. */
export async function* mergeBars(series: readonly AsyncIterable<SessionBar[]>[]): AsyncGenerator<SessionBar[]> {
  const all = series.map((pages) => new Series(pages));
  for (;;) {
    const next = await Promise.all(all.map((each) => each.peek()));
    const ts = Math.min(...next.map((bar) => bar?.ts ?? Infinity));
    if (ts === Infinity) return;
    const bars = next.filter((bar) => bar !== undefined).filter((bar) => bar.ts === ts);
    for (const [n, bar] of next.entries()) if (bar?.ts === ts) all[n]?.take();
    yield bars;
  }
}
