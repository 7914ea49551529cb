import type { Candles, Timeframe } from '@tradebase/contracts';
import type { InstrumentSeries, MarketData } from '@tradebase/engine';
import { sliceCandles } from '@tradebase/market-data';
import { UsageError } from '../command-line/parse-command-line.ts';
import { readCandleFile } from './read-candle-file.ts';
import { readColumnFile } from './read-column-file.ts';

/** The files of a backtest, and what of them to use. */
export interface MarketFiles {
  /** The first is the main instrument. */
  readonly instruments: readonly InstrumentFiles[];
  readonly timeframe: Timeframe;
  /** Candles of the main instrument of a finer timeframe. */
  readonly finer?: { readonly csv: string; readonly timeframe: Timeframe };
  /** Open times to begin with and to stop before, in milliseconds. */
  readonly from: number;
  readonly to: number;
}

export interface InstrumentFiles {
  readonly symbol: string;
  readonly csv: string;
  /** Beside the candles. */
  readonly columns: readonly { readonly name: string; readonly csv: string }[];
  /** In order of time. */
  readonly splits: NonNullable<InstrumentSeries['splits']>;
}

/**
 * Reads all that a backtest sees of the market.
 *
 * @param onProgress told how many candles of a file have been read
 * @throws CandleImportError, UsageError, and the errors of the file system
 */
export async function readMarketData(files: MarketFiles, onProgress: (candles: number) => void): Promise<MarketData> {
  const { timeframe, from, to } = files;
  const read = async (csv: string): Promise<Candles> => {
    const candles = sliceCandles(await readCandleFile(csv, onProgress), from, to);
    if (candles.ts.length > 0) return candles;
    throw new UsageError(`${csv} has no candles between --from and --to`);
  };
  const instruments: InstrumentSeries[] = [];
  for (const { symbol, csv, columns, splits } of files.instruments) {
    const candles = await read(csv);
    const numbers = columns.map((column) => [column.name, readColumnFile(column.csv, candles.ts)] as const);
    const { finer } = instruments.length === 0 ? files : {};
    instruments.push({
      symbol,
      timeframe,
      candles,
      ...(numbers.length > 0 ? { columns: Object.fromEntries(numbers) } : {}),
      ...(splits.length > 0 ? { splits } : {}),
      ...(finer ? { finer: { timeframe: finer.timeframe, candles: await read(finer.csv) } } : {}),
    });
  }
  return { instruments };
}
