import type { BacktestSummary, BacktestTrade, Timeframe } from '@tradebase/contracts';

/** One finished backtest, as the terminal summary and the HTML report show it. */
export type ReportInput = {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly strategy: { readonly name: string; readonly params?: Readonly<Record<string, unknown>> | undefined };
  /** What fills cost, in words: see `describeFees`. */
  readonly fees: string;
  /** True when the candles were generated rather than recorded from a market; both reports then say so. */
  readonly synthetic: boolean;
  readonly summary: BacktestSummary;
  /** Closed trades in order. */
  readonly trades: readonly BacktestTrade[];
  readonly equity: EquityCurve;
};

/** Two columns of equal length in order of time. */
export type EquityCurve = {
  /** Open times of the bars, ISO 8601. */
  readonly at: readonly string[];
  /** Equity at each bar's close, in the quote currency. */
  readonly equity: readonly number[];
};
