import type { Candles, Timeframe } from '@tradebase/contracts';
import type { InstrumentSeries, MarketData } from '@tradebase/engine';
import { sliceCandles } from '@tradebase/market-data';
import { UsageError } from '../command-line/parse-command-line.ts';
import { readCandleFile } from './read-candle-file.ts';
import { readColumnFile } from './read-column-file.ts';

/** The files of a backtest, and what of them to use. */
export interface MarketFiles {
  /** The first is the main instrument. */
  readonly instruments: readonly { readonly symbol: string; readonly csv: string }[];
  readonly timeframe: Timeframe;
  /** Candles of the main instrument of a finer timeframe. */
  readonly finer?: { readonly csv: string; readonly timeframe: Timeframe };
  /** Columns beside the candles of the main instrument. */
  readonly columns: readonly { readonly name: string; readonly csv: string }[];
  /** Of the main instrument, in order of time. */
  readonly splits: NonNullable<InstrumentSeries['splits']>;
  /** Open times to begin with and to stop before, in milliseconds. */
  readonly from: number;
  readonly to: number;
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
  for (const [index, { symbol, csv }] of files.instruments.entries()) {
    const candles = await read(csv);
    instruments.push({ symbol, timeframe, candles, ...(index === 0 ? await companions(files, candles, read) : {}) });
  }
  return { instruments };
}

/** What the main instrument has beside its candles. */
async function companions(
  { finer, columns, splits }: MarketFiles,
  { ts }: Candles,
  read: (csv: string) => Promise<Candles>,
): Promise<Partial<InstrumentSeries>> {
  return {
    ...(finer ? { finer: { timeframe: finer.timeframe, candles: await read(finer.csv) } } : {}),
    ...(splits.length > 0 ? { splits } : {}),
    ...(columns.length > 0
      ? { columns: Object.fromEntries(columns.map(({ name, csv }) => [name, readColumnFile(csv, ts)])) }
      : {}),
  };
}
