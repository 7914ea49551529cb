import { barEndMs, type Timeframe, timeframeLengthMs } from '@tradebase/contracts';
import type { SessionBar } from '@tradebase/engine';
import type { Clock } from '../sdk/clock.ts';
import type { BarRequest, CandleFeed, FeedBars } from './candle-feed.ts';
import type { CandleReader } from './candle-reader.ts';
import { mergeBars } from './merge-bars.ts';

/** How often the database is asked for new candles: a tenth of a bar, within these bounds. */
const SHORTEST_POLL_MS = 1000;
const LONGEST_POLL_MS = 30_000;
/** Bars of several symbols are waited for this many times; then those that are there go on alone. */
const MOST_WAITS = 5;

/** Candles as an import, or whoever else, stores them in the database. */
export class StoredFeed implements CandleFeed {
  readonly name = 'stored';
  readonly #reader: CandleReader;
  readonly #clock: Clock;

  constructor(reader: CandleReader, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
  }

  startOf(started_at_ms: number): number {
    return started_at_ms;
  }

  async history(symbol: string, timeframe: Timeframe, from_ms: number, to_ms: number): Promise<SessionBar[]> {
    return (await Array.fromAsync(this.#reader.pages(symbol, timeframe, from_ms, to_ms))).flat();
  }

  async *bars({ symbols, timeframe, from_ms, seen_until_ms, signal }: BarRequest): AsyncGenerator<FeedBars> {
    const poll_ms = Math.min(Math.max(timeframeLengthMs(timeframe) / 10, SHORTEST_POLL_MS), LONGEST_POLL_MS);
    let next_ms = from_ms;
    // For which bars others of the same time are waited for, and how often they were.
    let part = { ts: 0, waits: 0 };
    for (;;) {
      const now_ms = this.#clock.now();
      const series = symbols.map((symbol) => this.#reader.pages(symbol, timeframe, next_ms, now_ms));
      for await (const bars of mergeBars(series)) {
        const ts = bars[0]?.ts ?? 0;
        const end_ms = barEndMs(ts, timeframe);
        // A candle is written while it is open, too.
        if (end_ms > now_ms) break;
        const isWhole = bars.length === symbols.length || end_ms <= seen_until_ms;
        if (!isWhole) {
          part = { ts, waits: part.ts === ts ? part.waits + 1 : 1 };
          if (part.waits <= MOST_WAITS) break;
        }
        next_ms = ts + 1;
        yield { bars };
      }
      signal.throwIfAborted();
      await this.#clock.wait(poll_ms, signal);
    }
  }
}
