import { SYMBOL, TIMEFRAMES, Timeframe } from '@tradebase/contracts';
import type { ClientBase } from 'pg';
import { CandleImportError } from './candle-import-error.ts';
import { CandleImportTransaction } from './candle-import-transaction.ts';
import type { CandleChanges } from './candle-writer.ts';
import { type CandleSource, openCandleSource } from './open-candle-source.ts';
import { parseCandleCsv } from './parse-candle-csv.ts';
import { quote } from './parse-candle-row.ts';

export interface CandleImportRequest {
  readonly source: CandleSource;
  /** In any case; stored in capitals. */
  readonly symbol: string;
  readonly timeframe: string;
  /** Name of the instrument for people; used only if the import creates it. */
  readonly name?: string;
  /** Called after each batch of a few thousand candles. */
  readonly onProgress?: (progress: CandleImportProgress) => void;
  /** Stops the import between two batches; nothing of it remains. */
  readonly signal?: AbortSignal;
}

export interface CandleImportProgress {
  readonly rows: number;
  /** Bytes read, of the unpacked file. */
  readonly bytes: number;
}

export interface CandleImport extends CandleChanges {
  readonly instrument_id: number;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** Candles in the file: inserted + updated + unchanged. */
  readonly rows: number;
  /** Open times of the file's first and last bar, ISO 8601. */
  readonly first_at: string;
  readonly last_at: string;
  /** Version of the series after the import: candle_coverage.version. */
  readonly version: number;
  readonly duration_ms: number;
}

/**
 * Imports a file of candles in one transaction of its own: all of it or nothing. The same file again changes nothing; a
 * file that overlaps adds the new bars and corrects the changed ones. Imports of one series wait for each other.
 *
 * Works as `tradebase_worker` and as `postgres`. The client must not be in a transaction, and belongs to the import
 * until it is done.
 *
 * @throws CandleImportError about the file, the symbol or the timeframe
 * @throws the signal's reason if it was aborted, and errors of the database as they are
 */
export async function importCandles(client: ClientBase, request: CandleImportRequest): Promise<CandleImport> {
  const startedAt = performance.now();
  const symbol = checkSymbol(request.symbol);
  const timeframe = checkTimeframe(request.timeframe);
  const { source, signal, onProgress, name } = request;
  signal?.throwIfAborted();

  let transaction: CandleImportTransaction | undefined;
  let rows = 0;
  // A connection that breaks is told to the query in progress; unheard, the event would also end the process.
  const ignore = () => {};
  client.on('error', ignore);
  try {
    for await (const batch of parseCandleCsv(openCandleSource(source, signal))) {
      signal?.throwIfAborted();
      // Only now, so that a wrong file costs the database nothing.
      transaction ??= await CandleImportTransaction.begin(client, { symbol, timeframe, name });
      await transaction.write(batch);
      rows += batch.count;
      onProgress?.({ rows, bytes: batch.bytesRead });
    }
    signal?.throwIfAborted();
    if (!transaction) throw new CandleImportError('empty_file', 'the file has no rows');
    const outcome = await transaction.commit();
    return { ...outcome, symbol, timeframe, rows, duration_ms: Math.round(performance.now() - startedAt) };
  } catch (error) {
    await transaction?.rollback();
    throw error;
  } finally {
    client.off('error', ignore);
  }
}

function checkSymbol(text: string): string {
  const symbol = text.toUpperCase();
  if (SYMBOL.test(symbol)) return symbol;
  throw new CandleImportError(
    'bad_symbol',
    `the symbol is ${quote(text)}; write 1 to 32 letters, digits and . _ : / -, such as GOOG or BTC/USDT`,
    { symbol: text.slice(0, 64) },
  );
}

function checkTimeframe(text: string): Timeframe {
  const { data } = Timeframe.safeParse(text);
  if (data) return data;
  throw new CandleImportError(
    'bad_timeframe',
    `the timeframe is ${quote(text)}; write one of ${TIMEFRAMES.join(', ')}`,
    {
      timeframe: text.slice(0, 64),
    },
  );
}
