/** A candle's six columns. */
const CANDLE_BYTES = 48;
/** What the engine makes of a bar: signals, equity, and columns of indicators, of which a strategy rarely has twenty. */
const WORKING_BYTES_PER_BAR = 200;
/** What a result holds besides: texts of 20,000 trades, 20,000 orders, 50,000 points and the report, a few times over. */
const RESULT_BYTES = 32_000_000;

/** About how much memory a backtest on so many candles takes, with its candles as if no other job used them. */
export function estimateBacktestBytes(candles: number): number {
  return candles * (CANDLE_BYTES + WORKING_BYTES_PER_BAR) + RESULT_BYTES;
}

/** About how much memory a study takes that runs so many backtests at a time on the same candles. */
export function estimateStudyBytes(candles: number, threads: number): number {
  return candles * (CANDLE_BYTES + threads * WORKING_BYTES_PER_BAR) + RESULT_BYTES;
}
