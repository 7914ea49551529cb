import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientBase, Pool } from 'pg';
import {
  CandleCache,
  formatCandleCsv,
  importCandles,
  loadCandles,
  parseCandleCsv,
  SYNTHETIC_NAME,
  syntheticCandles,
} from '../src/index.ts';
import { copyPrebuiltRows, selectIntoArrays } from './candle-peers.ts';

/** One measured number, beside what it should be and what else was measured in the same run. */
export interface CandleBenchmark {
  readonly name: string;
  readonly value: number;
  readonly unit: 'rows/s' | 'ms';
  /** A floor for rows/s, a ceiling for ms; absent where the number only explains another. */
  readonly target?: number;
  readonly peer?: string;
  readonly peer_value?: number;
}

export interface CandleBenchmarkOptions {
  readonly bars?: number;
  /** How often each is measured; the best counts, since whatever else the machine does only makes it slower. */
  readonly rounds?: number;
}

const TIMEFRAME = '1m';
const LOADS = 3;

/**
 * Measures import and loading of one series of minute bars, from a CSV file into the indexed table and back. Each round
 * measures everything once, a number right beside its peer, so that a busy moment of the machine is the same to both.
 *
 * @param pool of connections that may import and delete (`postgres`), to a database with the migrations
 */
export async function benchmarkCandles(
  pool: Pool,
  { bars = 1_000_000, rounds = 3 }: CandleBenchmarkOptions = {},
): Promise<CandleBenchmark[]> {
  const client = await pool.connect();
  const dir = await mkdtemp(join(tmpdir(), 'candle-bench-'));
  // New series each round: deleting one would have the next compete with the vacuum of its remains.
  const symbols = Array.from({ length: rounds }, (_, round) => `BENCH${process.pid}.${round}`);
  const peerSymbols = symbols.map((symbol) => `${symbol}.PEER`);
  try {
    const path = join(dir, 'bars.csv');
    const start = Date.UTC(2015, 0, 1);
    await writeFile(path, formatCandleCsv(syntheticCandles({ seed: 1, count: bars, start, timeframe: TIMEFRAME })));

    const parsing = new Best();
    const importing = new Best();
    const importingAgain = new Best();
    const copying = new Best();
    const loading = new Best();
    const selecting = new Best();
    const cached = new Best();
    for (const [round, symbol] of symbols.entries()) {
      const file = { source: path, symbol, timeframe: TIMEFRAME, name: SYNTHETIC_NAME } as const;
      await parsing.measure(async () => {
        for await (const _ of parseCandleCsv(createReadStream(path, { highWaterMark: 256 * 1024 })));
      });
      const imported = await importing.measure(() => importCandles(client, file));
      copying.add(await copyPrebuiltRows(client, file, peerSymbols[round] ?? ''));
      await importingAgain.measure(() => importCandles(client, file));

      const request = { instrumentId: imported.instrument_id, timeframe: TIMEFRAME } as const;
      // A load is short, and anything else that runs disturbs it: several tries, around its peer.
      await loading.measureTimes(LOADS, () => loadCandles(pool, request));
      await selecting.measure(() => selectIntoArrays(pool, request));
      await loading.measureTimes(LOADS, () => loadCandles(pool, request));
      const cache = new CandleCache(bars * 48);
      await cache.load(pool, request);
      await cached.measureTimes(LOADS, () => cache.load(pool, request));
    }

    const perSecond = ({ ms }: Best) => Math.round((bars / ms) * 1000);
    return [
      {
        name: 'candles.import_rows_per_s',
        value: perSecond(importing),
        unit: 'rows/s',
        target: 1_000_000,
        peer: 'COPY BINARY of the same rows, prebuilt',
        peer_value: perSecond(copying),
      },
      { name: 'candles.parse_rows_per_s', value: perSecond(parsing), unit: 'rows/s' },
      { name: 'candles.import_again_rows_per_s', value: perSecond(importingAgain), unit: 'rows/s' },
      {
        name: 'candles.load_1m_ms',
        value: loading.ms,
        unit: 'ms',
        target: 250,
        peer: 'SELECT through pg',
        peer_value: selecting.ms,
      },
      { name: 'candles.load_1m_cached_ms', value: cached.ms, unit: 'ms', target: 5 },
    ];
  } finally {
    await forget(client, symbols, peerSymbols);
    client.release();
    await rm(dir, { recursive: true });
  }
}

/** The shortest of some times. */
class Best {
  #ms = Number.POSITIVE_INFINITY;

  get ms(): number {
    return Math.round(this.#ms * 100) / 100;
  }

  add(ms: number): void {
    this.#ms = Math.min(this.#ms, ms);
  }

  async measure<T>(work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const result = await work();
    this.add(performance.now() - startedAt);
    return result;
  }

  async measureTimes(count: number, work: () => Promise<unknown>): Promise<void> {
    for (let i = 0; i < count; i++) await this.measure(work);
  }
}

/** Deletes instruments; their coverage goes by the foreign key and their candles by the trigger. A peer has no coverage. */
async function forget(client: ClientBase, symbols: readonly string[], peerSymbols: readonly string[]): Promise<void> {
  await client.query(
    'delete from public.candles where instrument_id in (select id from public.instruments where symbol = any ($1))',
    [peerSymbols],
  );
  await client.query('delete from public.instruments where symbol = any ($1)', [[...symbols, ...peerSymbols]]);
}
