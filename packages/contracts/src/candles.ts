/**
 * A series of candles as columns: one instrument, one timeframe, in ascending order of time without duplicates.
 * All columns have the same length.
 */
export interface Candles {
  /** Open time of each bar, in milliseconds since the Unix epoch (UTC). */
  readonly ts: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

/** What a symbol looks like: as the check on public.instruments.symbol. */
export const SYMBOL = /^[A-Z0-9][A-Z0-9._:/-]{0,31}$/;

/** The columns of a series in their fixed order: the order in buffers, files and COPY streams. */
export const CANDLE_COLUMNS = ['ts', 'open', 'high', 'low', 'close', 'volume'] as const;
export type CandleColumn = (typeof CANDLE_COLUMNS)[number];
