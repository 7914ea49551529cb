import { CANDLE_COLUMNS } from '@tradebase/contracts';
import type { ClientBase } from 'pg';
import type { CandleBatch } from './candle-batch.ts';
import { CandleCopyEncoder, type CandleSeriesKey, COPY_HEADER, COPY_TRAILER } from './candle-copy-encoder.ts';
import { CopyIn } from './copy-in.ts';
import { mergeStagedCandles } from './merge-staged-candles.ts';
import type { TimeRange } from './time-range.ts';

/** What an import did to a series. */
export interface CandleChanges {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

type Target = 'candles' | 'staging';

const COLUMNS = CANDLE_COLUMNS.join(', ');
const COPY_SQL: Record<Target, string> = {
  candles: `copy public.candles (instrument_id, timeframe, ${COLUMNS}) from stdin (format binary)`,
  staging: `copy pg_temp.candle_staging (${COLUMNS}) from stdin (format binary)`,
};

/**
 * Writes ascending candles of one series within a transaction. Bars before and after those that exist go straight into
 * the table; bars among them go into a temporary table and are merged at the end. As the bars ascend, that is at most
 * three COPY statements, one after the other, whatever the file holds.
 */
export class CandleWriter {
  readonly #client: ClientBase;
  readonly #key: CandleSeriesKey;
  readonly #existing: TimeRange | undefined;
  #copy: CopyIn | undefined;
  #target: Target | undefined;
  #encoder: CandleCopyEncoder | undefined;
  #added = 0;
  #staged: { first: number; last: number; count: number } | undefined;

  /** @param existing times of the first and the last bar that the table holds of the series */
  constructor(client: ClientBase, key: CandleSeriesKey, existing: TimeRange | undefined) {
    this.#client = client;
    this.#key = key;
    this.#existing = existing;
  }

  async write(batch: CandleBatch): Promise<void> {
    for (let start = 0; start < batch.count; ) {
      const target = this.#targetOf(batch.columns.ts[start] ?? 0);
      let end = start + 1;
      while (end < batch.count && this.#targetOf(batch.columns.ts[end] ?? 0) === target) end++;
      await this.#writeRows(target, batch, start, end);
      start = end;
    }
  }

  /** Ends the writing and merges what was staged. */
  async finish(): Promise<CandleChanges> {
    await this.#endCopy();
    if (!this.#staged) return { inserted: this.#added, updated: 0, unchanged: 0 };
    const { first, last, count } = this.#staged;
    const merged = await mergeStagedCandles(this.#client, this.#key, { first, last });
    return {
      inserted: this.#added + merged.inserted,
      updated: merged.updated,
      unchanged: count - merged.inserted - merged.updated,
    };
  }

  /** Gives up, so that the client can roll back. */
  async cancel(): Promise<void> {
    await this.#copy?.cancel();
  }

  #targetOf(ts: number): Target {
    const existing = this.#existing;
    return existing && ts >= existing.first && ts <= existing.last ? 'staging' : 'candles';
  }

  async #writeRows(target: Target, batch: CandleBatch, start: number, end: number): Promise<void> {
    if (target === 'candles') {
      this.#added += end - start;
    } else {
      this.#staged ??= { first: batch.columns.ts[start] ?? 0, last: 0, count: 0 };
      this.#staged.last = batch.columns.ts[end - 1] ?? 0;
      this.#staged.count += end - start;
    }
    if (target !== this.#target) await this.#beginCopy(target, batch.columns.ts.length);
    const rows = this.#encoder?.encode(batch, start, end);
    if (rows) await this.#copy?.write(rows);
  }

  async #beginCopy(target: Target, capacity: number): Promise<void> {
    await this.#endCopy();
    if (target === 'staging') {
      await this.#client.query(
        `create temporary table candle_staging (
           ts timestamptz not null, open double precision not null, high double precision not null,
           low double precision not null, close double precision not null, volume double precision not null
         ) on commit drop`,
      );
    }
    this.#target = target;
    this.#encoder = new CandleCopyEncoder(capacity, target === 'candles' ? this.#key : undefined);
    this.#copy = new CopyIn(this.#client, COPY_SQL[target]);
    await this.#copy.write(COPY_HEADER);
  }

  async #endCopy(): Promise<void> {
    if (!this.#copy) return;
    await this.#copy.write(COPY_TRAILER);
    await this.#copy.finish();
    this.#copy = undefined;
  }
}
