import type { Timeframe } from '@tradebase/contracts';
import type { SessionBar } from '@tradebase/engine';
import { z } from 'zod';
import { RunnerError } from '../sdk/runner-error.ts';
import type { Server } from '../sdk/server.ts';

/** Rows that PostgREST gives at most unless it is set otherwise. */
const PAGE_ROWS = 1000;

const Instruments = z.array(z.object({ id: z.int(), symbol: z.string() }));
const Rows = z.array(
  z.object({
    ts: z.string(),
    open: z.number(),
    high: z.number(),
    low: z.number(),
    close: z.number(),
    volume: z.number(),
  }),
);

/** Reads stored candles through the Data API, page by page. */
export class CandleReader {
  readonly #server: Server;
  readonly #signal: AbortSignal;
  readonly #instruments = new Map<string, number>();

  constructor(server: Server, signal: AbortSignal) {
    this.#server = server;
    this.#signal = signal;
  }

  /**
   * Candles of a symbol that opened in [from, to), oldest first, a page at a time.
   *
   * @throws RunnerError `unknown_symbol`
   */
  async *pages(symbol: string, timeframe: Timeframe, from_ms: number, to_ms: number): AsyncGenerator<SessionBar[]> {
    const instrument = await this.#instrumentOf(symbol);
    const to = new Date(to_ms).toISOString();
    for (let next_ms = from_ms; next_ms < to_ms; ) {
      const from = new Date(next_ms).toISOString();
      const rows = await this.#server.persist(
        () =>
          this.#server.read(
            'candles',
            (client) =>
              client
                .from('candles')
                .select('ts, open, high, low, close, volume')
                .eq('instrument_id', instrument)
                .eq('timeframe', timeframe)
                .gte('ts', from)
                .lt('ts', to)
                .order('ts')
                .limit(PAGE_ROWS),
            Rows,
          ),
        this.#signal,
      );
      const bars = rows.map(({ ts, ...prices }) => ({ symbol, ts: Date.parse(ts), ...prices }));
      if (bars.length > 0) yield bars;
      const last = bars.at(-1);
      // A server may have been set to smaller pages: only an empty one is surely the last.
      if (!last) return;
      next_ms = last.ts + 1;
    }
  }

  async #instrumentOf(symbol: string): Promise<number> {
    const known = this.#instruments.get(symbol);
    if (known !== undefined) return known;
    const [found] = await this.#server.persist(
      () =>
        this.#server.read(
          'instruments',
          (client) => client.from('instruments').select('id, symbol').eq('symbol', symbol),
          Instruments,
        ),
      this.#signal,
    );
    if (!found) {
      throw new RunnerError('unknown_symbol', `there are no candles of ${symbol}: no instrument has this symbol`, {
        fix: 'Import candles of it, or change the symbols of the bot.',
      });
    }
    this.#instruments.set(symbol, found.id);
    return found.id;
  }
}
