import { barEndMs, type Timeframe } from '@tradebase/contracts';
import type { SessionBar } from '@tradebase/engine';
import type { Clock } from '../sdk/clock.ts';
import type { BarRequest, CandleFeed, FeedBars } from './candle-feed.ts';
import type { CandleReader } from './candle-reader.ts';
import { mergeBars } from './merge-bars.ts';

export interface ReplayOptions {
  readonly from_ms: number;
  /** Bars that opened before this. */
  readonly to_ms: number;
  /** Seconds of the market in a second; Infinity for as fast as the run goes. */
  readonly speed: number;
}

/** Stored candles of a range, as if they came in now: faster or slower. */
export class ReplayFeed implements CandleFeed {
  readonly name = 'replay';
  readonly #reader: CandleReader;
  readonly #clock: Clock;
  readonly #options: ReplayOptions;

  constructor(reader: CandleReader, clock: Clock, options: ReplayOptions) {
    this.#reader = reader;
    this.#clock = clock;
    this.#options = options;
  }

  startOf(): number {
    return this.#options.from_ms;
  }

  async history(symbol: string, timeframe: Timeframe, from_ms: number, to_ms: number): Promise<SessionBar[]> {
    return (await Array.fromAsync(this.#reader.pages(symbol, timeframe, from_ms, to_ms))).flat();
  }

  async *bars({ symbols, timeframe, from_ms, seen_until_ms, signal }: BarRequest): AsyncGenerator<FeedBars> {
    const { to_ms, speed } = this.#options;
    const series = symbols.map((symbol) => this.#reader.pages(symbol, timeframe, from_ms, to_ms));
    // The first bar that is new comes at once, and sets the pace for those after it.
    let origin: { market_ms: number; wall_ms: number } | undefined;
    for await (const { bars, next } of withNext(mergeBars(series))) {
      const end_ms = barEndMs(bars[0]?.ts ?? 0, timeframe);
      if (end_ms > seen_until_ms) {
        origin ??= { market_ms: end_ms, wall_ms: this.#clock.now() };
        const due_ms = origin.wall_ms + (end_ms - origin.market_ms) / speed;
        const wait_ms = due_ms - this.#clock.now();
        if (wait_ms > 0) await this.#clock.wait(wait_ms, signal);
      }
      signal.throwIfAborted();
      const isOfFirst = next === null || next.some(({ symbol }) => symbol === symbols[0]);
      yield isOfFirst ? { bars, next_ts: next?.[0]?.ts ?? null } : { bars };
    }
  }
}

/** The bars of each time, with those of the next; null for the last. */
async function* withNext(
  times: AsyncIterable<SessionBar[]>,
): AsyncGenerator<{ bars: SessionBar[]; next: SessionBar[] | null }> {
  let bars: SessionBar[] | undefined;
  for await (const next of times) {
    if (bars) yield { bars, next };
    bars = next;
  }
  if (bars) yield { bars, next: null };
}
