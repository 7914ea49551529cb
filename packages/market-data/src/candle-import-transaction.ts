import type { Timeframe } from '@tradebase/contracts';
import type { ClientBase } from 'pg';
import type { CandleBatch } from './candle-batch.ts';
import type { CandleSeriesKey } from './candle-copy-encoder.ts';
import { type CandleChanges, CandleWriter } from './candle-writer.ts';
import { findOrAddInstrument } from './find-or-add-instrument.ts';
import { lockCandleSeries } from './lock-candle-series.ts';
import { recordCandleCoverage } from './record-candle-coverage.ts';
import type { TimeRange } from './time-range.ts';

export interface CandleSeriesName {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** Name of the instrument for people; used only if it is new. */
  readonly name: string | undefined;
}

export interface CommittedCandles extends CandleChanges {
  readonly instrument_id: number;
  readonly first_at: string;
  readonly last_at: string;
  readonly version: number;
}

/** Bounds an import that hangs, for instance behind another one; the role's own limit may be meant for short queries. */
const STATEMENT_TIMEOUT = '1h';

/** The transaction of one import: instrument, candles and coverage, together or not at all. */
export class CandleImportTransaction {
  readonly #client: ClientBase;
  readonly #key: CandleSeriesKey;
  readonly #existing: TimeRange | undefined;
  readonly #writer: CandleWriter;
  #range: { first: number; last: number } | undefined;

  private constructor(client: ClientBase, key: CandleSeriesKey, existing: TimeRange | undefined) {
    this.#client = client;
    this.#key = key;
    this.#existing = existing;
    this.#writer = new CandleWriter(client, key, existing);
  }

  /** Begins the transaction and waits for its turn to write the series. */
  static async begin(client: ClientBase, series: CandleSeriesName): Promise<CandleImportTransaction> {
    const { symbol, timeframe, name } = series;
    await client.query(`begin isolation level read committed; set local statement_timeout = '${STATEMENT_TIMEOUT}'`);
    try {
      const key = { instrumentId: await findOrAddInstrument(client, symbol, name), timeframe };
      return new CandleImportTransaction(client, key, await lockCandleSeries(client, key));
    } catch (error) {
      await rollback(client);
      throw error;
    }
  }

  /** Writes candles that follow those of the batch before. */
  async write(batch: CandleBatch): Promise<void> {
    const { ts } = batch.columns;
    this.#range ??= { first: ts[0] ?? 0, last: 0 };
    this.#range.last = ts[batch.count - 1] ?? 0;
    await this.#writer.write(batch);
  }

  async commit(): Promise<CommittedCandles> {
    const range = this.#range;
    if (!range) throw new Error('an import without candles has nothing to commit');
    const changes = await this.#writer.finish();
    const existed = this.#existing !== undefined;
    const version = await recordCandleCoverage(this.#client, this.#key, existed, range, changes);
    await this.#client.query('commit');
    return {
      instrument_id: this.#key.instrumentId,
      ...changes,
      first_at: new Date(range.first).toISOString(),
      last_at: new Date(range.last).toISOString(),
      version,
    };
  }

  /** Leaves nothing of the import behind. */
  async rollback(): Promise<void> {
    await this.#writer.cancel();
    await rollback(this.#client);
  }
}

/** A connection that broke has rolled back already, and the error that matters is the one that led here. */
async function rollback(client: ClientBase): Promise<void> {
  await client.query('rollback').catch(() => undefined);
}
