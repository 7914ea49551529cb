import type { Candles } from '@tradebase/contracts';
import type { Pool } from 'pg';
import { type CandleRequest, loadVersionedCandles, type VersionedCandles } from './load-candles.ts';
import { sliceCandles } from './slice-candles.ts';

/** Candles of one range of one version of a series. */
interface CacheEntry {
  readonly series: string;
  readonly version: number;
  readonly rangeStart: number;
  readonly rangeEnd: number;
  readonly candles: Candles;
  readonly bytes: number;
}

/** A load under way, and how many wait for it. */
interface RunningLoad {
  readonly loaded: Promise<VersionedCandles>;
  readonly abort: AbortController;
  waiting: number;
}

const BYTES_PER_CANDLE = 48;

/**
 * Candles that were loaded before, up to a number of bytes; the longest unused go first. A request is answered from any
 * entry whose range includes its own, as views of the same shared memory. Entries are of one version of a series
 * (candle_coverage.version), which is looked up at every request, so that an import is noticed at once.
 */
export class CandleCache {
  readonly #maxBytes: number;
  /** Longest unused first. */
  readonly #entries = new Set<CacheEntry>();
  readonly #loads = new Map<string, RunningLoad>();
  #bytes = 0;

  /** @param maxBytes most memory to keep: a candle takes 48 bytes */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of the candles in the cache. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Candles of a request, from memory or else from the database, where requests for the same range at the same time
   * share one load, which ends when the signals of all of them have come. The candles are shared: never write to them.
   */
  async load(pool: Pool, request: CandleRequest, signal?: AbortSignal): Promise<Candles> {
    return (await this.loadVersioned(pool, request, signal)).candles;
  }

  /** As `load`, with the version of the series that the candles are of. */
  async loadVersioned(pool: Pool, request: CandleRequest, signal?: AbortSignal): Promise<VersionedCandles> {
    const series = seriesOf(request);
    const { rangeStart, rangeEnd } = rangeOf(request);
    const version = await readVersion(pool, request);
    const known = this.#find(series, version, rangeStart, rangeEnd);
    if (known) return { candles: known, version };

    signal?.throwIfAborted();
    const key = `${series} ${version} ${rangeStart} ${rangeEnd}`;
    const load = this.#loads.get(key) ?? this.#start(key, pool, request);
    load.waiting += 1;
    const leave = () => {
      load.waiting -= 1;
      if (load.waiting > 0) return;
      if (this.#loads.get(key) === load) this.#loads.delete(key);
      load.abort.abort();
    };
    signal?.addEventListener('abort', leave, { once: true });
    try {
      return await load.loaded;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  #start(key: string, pool: Pool, request: CandleRequest): RunningLoad {
    const { rangeStart, rangeEnd } = rangeOf(request);
    const abort = new AbortController();
    const loaded = loadVersionedCandles(pool, request, abort.signal).then((versioned) => {
      this.#add(seriesOf(request), versioned.version, rangeStart, rangeEnd, versioned.candles);
      return versioned;
    });
    const load: RunningLoad = { loaded, abort, waiting: 0 };
    this.#loads.set(key, load);
    const forget = () => {
      if (this.#loads.get(key) === load) this.#loads.delete(key);
    };
    loaded.then(forget, forget);
    return load;
  }

  #find(series: string, version: number, rangeStart: number, rangeEnd: number): Candles | undefined {
    for (const entry of this.#entries) {
      if (entry.series !== series) continue;
      if (entry.version < version) {
        this.#remove(entry);
      } else if (entry.version === version && entry.rangeStart <= rangeStart && entry.rangeEnd >= rangeEnd) {
        this.#entries.delete(entry);
        this.#entries.add(entry);
        return sliceCandles(entry.candles, rangeStart, rangeEnd);
      }
    }
    return undefined;
  }

  #add(series: string, version: number, rangeStart: number, rangeEnd: number, candles: Candles): void {
    const bytes = candles.ts.length * BYTES_PER_CANDLE;
    if (bytes > this.#maxBytes) return;
    for (const entry of this.#entries) {
      const included = entry.rangeStart >= rangeStart && entry.rangeEnd <= rangeEnd;
      if (entry.series === series && entry.version === version && included) this.#remove(entry);
    }
    for (const entry of this.#entries) {
      if (this.#bytes + bytes <= this.#maxBytes) break;
      this.#remove(entry);
    }
    this.#entries.add({ series, version, rangeStart, rangeEnd, candles, bytes });
    this.#bytes += bytes;
  }

  #remove(entry: CacheEntry): void {
    this.#entries.delete(entry);
    this.#bytes -= entry.bytes;
  }
}

function seriesOf({ instrumentId, timeframe }: CandleRequest): string {
  return `${instrumentId} ${timeframe}`;
}

function rangeOf({ rangeStart, rangeEnd }: CandleRequest): { rangeStart: number; rangeEnd: number } {
  return { rangeStart: rangeStart ?? Number.NEGATIVE_INFINITY, rangeEnd: rangeEnd ?? Number.POSITIVE_INFINITY };
}

async function readVersion(pool: Pool, { instrumentId, timeframe }: CandleRequest): Promise<number> {
  const { rows } = await pool.query<{ version: string }>(
    'select version from public.candle_coverage where instrument_id = $1 and timeframe = $2',
    [instrumentId, timeframe],
  );
  return Number(rows[0]?.version ?? 0);
}
