import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import {
  CandleCache,
  formatCandleCsv,
  importCandles,
  loadCandles,
  parseCandleCsv,
  SYNTHETIC_NAME,
  syntheticCandles,
} from '../src/index.ts';

/** One measured number, beside what it should be. */
export interface CandleBenchmark {
  readonly name: string;
  readonly value: number;
  readonly unit: 'rows/s' | 'ms';
  /** A floor for rows/s, a ceiling for ms; absent where the number only explains another. */
  readonly target?: number;
}

export interface CandleBenchmarkOptions {
  readonly bars?: number;
  /** How often each is measured; the best counts, since whatever else the machine does only makes it slower. */
  readonly rounds?: number;
}

const TIMEFRAME = '1m';

/**
 * Measures import and loading of one series of minute bars, from a CSV file into the indexed table and back.
 *
 * @param connect opens a client that may import and delete instruments (`postgres`), on a database with the migrations
 */
export async function benchmarkCandles(
  connect: () => Promise<Client>,
  { bars = 1_000_000, rounds = 3 }: CandleBenchmarkOptions = {},
): Promise<CandleBenchmark[]> {
  const client = await connect();
  const dir = await mkdtemp(join(tmpdir(), 'candle-bench-'));
  // A new series each round: deleting one would have the next compete with the vacuum of its remains.
  const symbols = Array.from({ length: rounds }, (_, round) => `BENCH${process.pid}.${round}`);
  try {
    const path = join(dir, 'bars.csv');
    const start = Date.UTC(2015, 0, 1);
    await writeFile(path, formatCandleCsv(syntheticCandles({ seed: 1, count: bars, start, timeframe: TIMEFRAME })));

    const parseMs = await best(rounds, async () => {
      for await (const _ of parseCandleCsv(createReadStream(path, { highWaterMark: 256 * 1024 })));
    });
    let instrumentId = 0;
    let importMs = Number.POSITIVE_INFINITY;
    for (const symbol of symbols) {
      const imported = await importCandles(client, {
        source: path,
        symbol,
        timeframe: TIMEFRAME,
        name: SYNTHETIC_NAME,
      });
      instrumentId = imported.instrument_id;
      importMs = Math.min(importMs, imported.duration_ms);
    }
    const again = await importCandles(client, { source: path, symbol: symbols.at(-1) ?? '', timeframe: TIMEFRAME });

    const request = { instrumentId, timeframe: TIMEFRAME } as const;
    const loadMs = await best(rounds + 2, () => loadCandles(client, request));
    const cache = new CandleCache(bars * 48);
    await cache.load(client, request);
    const cachedMs = await best(rounds + 2, () => cache.load(client, request));

    const perSecond = (ms: number) => Math.round((bars / ms) * 1000);
    return [
      { name: 'candles.import_rows_per_s', value: perSecond(importMs), unit: 'rows/s', target: 1_000_000 },
      { name: 'candles.parse_rows_per_s', value: perSecond(parseMs), unit: 'rows/s' },
      { name: 'candles.import_again_rows_per_s', value: perSecond(again.duration_ms), unit: 'rows/s' },
      { name: 'candles.load_1m_ms', value: loadMs, unit: 'ms', target: 250 },
      { name: 'candles.load_1m_cached_ms', value: cachedMs, unit: 'ms', target: 5 },
    ];
  } finally {
    await forget(client, symbols);
    await client.end();
    await rm(dir, { recursive: true });
  }
}

async function best(rounds: number, work: () => Promise<unknown>): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    await work();
    shortest = Math.min(shortest, performance.now() - startedAt);
  }
  return Math.round(shortest * 100) / 100;
}

/** Deletes instruments; their coverage goes by the foreign key and their candles by the trigger. */
async function forget(client: Client, symbols: readonly string[]): Promise<void> {
  await client.query('delete from public.instruments where symbol = any ($1)', [symbols]);
}
