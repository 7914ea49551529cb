/** What came of each parameter set of a sweep, as columns in the order of the programs. */
export interface SweepResult {
  readonly final_equity: Float64Array;
  readonly total_return_pct: Float64Array;
  readonly max_drawdown_pct: Float64Array;
  /** Closed trades. */
  readonly trades: Int32Array;
  /** Share of closed trades with a profit; NaN where none closed. */
  readonly win_rate_pct: Float64Array;
  readonly fees_paid: Float64Array;
  readonly exposure_pct: Float64Array;
  /** Annualised, of daily returns; NaN where they have no deviation. */
  readonly sharpe: Float64Array;
  /** Bars whose outcome depends on the order of prices within them. */
  readonly ambiguous_bars: Int32Array;
  /** 1 where a short position may have lost all: the other columns are NaN or 0, and the event-driven path settles it. */
  readonly needs_events: Uint8Array;
}

export function emptySweepResult(count: number): SweepResult {
  const column = () => new Float64Array(count).fill(NaN);
  return {
    final_equity: column(),
    total_return_pct: column(),
    max_drawdown_pct: column(),
    trades: new Int32Array(count),
    win_rate_pct: column(),
    fees_paid: column(),
    exposure_pct: column(),
    sharpe: column(),
    ambiguous_bars: new Int32Array(count),
    needs_events: new Uint8Array(count),
  };
}
