import type { BacktestSettingsInput, Candles, InstrumentRules, StrategySpec, Timeframe } from '@tradebase/contracts';
import type { Split } from '../market/market-data.ts';
import type { ResolvedStrategy } from '../strategies/resolve-strategy.ts';

/** One instrument of a session: a series of a backtest without its candles, which come bar by bar. */
export interface SessionInstrument {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** Default: those of the settings. */
  readonly rules?: InstrumentRules;
  /** Splits that the raw prices go through, as far as they are known; those to come may be among them. */
  readonly splits?: readonly Split[];
  /** Names of further columns that its bars bring: `prediction` for instance. */
  readonly columns?: readonly string[];
  /** Candles before the first live bar: indicators see them, and nothing is traded on them. */
  readonly warm_up?: Candles;
  /** Further columns of the warm-up, one number per candle; NaN without. */
  readonly warm_up_columns?: Readonly<Record<string, Float64Array>>;
}

/** Everything that a session depends on, besides its bars and the decisions of its driver. */
export interface TradingSessionInput {
  /** A specification as `runBacktest` takes it, or what `resolveStrategy` made of one. */
  readonly strategy: StrategySpec | ResolvedStrategy;
  /** The first is the main one. All are of one timeframe. */
  readonly instruments: readonly SessionInstrument[];
  /** Starting capital in the quote currency, above 0. */
  readonly initial_cash: number;
  readonly settings?: BacktestSettingsInput;
  /** Default 1. */
  readonly seed?: number;
}

/** A closed bar of one instrument. */
export interface SessionBar {
  readonly symbol: string;
  /** Open time in milliseconds since the Unix epoch. */
  readonly ts: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  /** Further columns by name, known at the close; NaN where one is left out. */
  readonly columns?: Readonly<Record<string, number>>;
}

/** What is known of the time after a bar. */
export interface PushOptions {
  /**
   * When the next bar of the main instrument opens, where the exchange's calendar tells: options settle at the last bar before
   * their expiry. Left out, it is reckoned from the bars so far; null stands for the end of the data. Nothing else reads it.
   */
  readonly next_ts?: number | null;
}
