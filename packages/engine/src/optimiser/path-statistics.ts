/** A number of periods and what became of 1 over them. */
export interface PathStatistics {
  readonly total_return_pct: number;
  /** From a running peak that starts at 1. */
  readonly max_drawdown_pct: number;
  /** Mean over sample deviation of the returns; null with fewer than two, or none that differ. */
  readonly sharpe_per_period: number | null;
}

/** Deviations at or below this are rounding: see RETURN_ROUNDING of the metrics. */
const ROUNDING = 4 * Number.EPSILON;

/** Statistics of simple returns, one after the other. A return below -1 is a total loss, and there is nothing after it. */
export function pathStatistics(returns: ArrayLike<number>): PathStatistics {
  let equity = 1;
  let peak = 1;
  let lowestShare = 1;
  let mean = 0;
  let squares = 0;
  for (let period = 0; period < returns.length; period++) {
    const value = returns[period] as number;
    equity *= Math.max(1 + value, 0);
    if (equity > peak) peak = equity;
    else if (equity < lowestShare * peak) lowestShare = equity / peak;
    // Welford's recurrence: no difference of large sums.
    const difference = value - mean;
    mean += difference / (period + 1);
    squares += difference * (value - mean);
  }
  const deviation = returns.length < 2 ? 0 : Math.sqrt(squares / (returns.length - 1));
  return {
    total_return_pct: 100 * (equity - 1),
    max_drawdown_pct: 100 * (1 - lowestShare),
    sharpe_per_period: deviation > ROUNDING ? mean / deviation : null,
  };
}
