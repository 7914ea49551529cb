import type { Candles, InstrumentRules, Timeframe } from '@tradebase/contracts';

/** Shares of an instrument before and after a split: 7 new for 1 old is a ratio of 7. */
export interface Split {
  /** First instant at which the new shares trade, in milliseconds since the Unix epoch. */
  readonly ts: number;
  readonly ratio: number;
}

/** One instrument of a backtest: its candles and what else is known of it. */
export interface InstrumentSeries {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly candles: Candles;
  /** Default: those of the settings. */
  readonly rules?: InstrumentRules;
  /** Candles of a finer timeframe, which say what came first within a bar. */
  readonly finer?: { readonly timeframe: Timeframe; readonly candles: Candles };
  /** Other columns by name, one number per candle, known at its close: predictions of a model for instance. */
  readonly columns?: Readonly<Record<string, Float64Array>>;
  /** Splits that the raw prices went through. */
  readonly splits?: readonly Split[];
  /** Times from which and until which it belonged to the universe; always, by default. */
  readonly membership?: readonly { readonly from: number; readonly to: number }[];
}

/** Everything a backtest sees of the market. The first instrument is the main one: `close` alone means its close. */
export interface MarketData {
  readonly instruments: readonly InstrumentSeries[];
}
