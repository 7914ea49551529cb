import { isRuleSpec, type StrategySpec } from '@tradebase/contracts';

/** A candle's six columns. */
const CANDLE_BYTES = 48;
/** What the engine makes of a bar besides columns of the strategy: equity, signals, times. */
const WORKING_BYTES_PER_BAR = 120;
const COLUMN_BYTES = 8;
/** Built-in strategies have fewer, and most of rules do. */
const LEAST_COLUMNS = 10;
/** As many as the engine computes. */
const MOST_COLUMNS = 2000;
/** What a result holds besides: texts of 20,000 trades, 20,000 orders, 50,000 points and the report, a few times over. */
const RESULT_BYTES = 32_000_000;

/** What a job computes on. */
export interface EstimatedWork {
  /** Candles of all series, those that fill gaps included. */
  readonly candles: number;
  /** As it is stored: what is no strategy is refused before it needs memory. */
  readonly strategy: StrategySpec;
}

/** About how much memory a backtest takes, with its candles as if no other job used them. */
export function estimateBacktestBytes(work: EstimatedWork): number {
  return estimateStudyBytes(work, 1);
}

/** About how much memory a study takes that runs so many backtests at a time on the same candles. */
export function estimateStudyBytes({ candles, strategy }: EstimatedWork, threads: number): number {
  const perBar = WORKING_BYTES_PER_BAR + COLUMN_BYTES * countColumns(strategy);
  return candles * (CANDLE_BYTES + threads * perBar) + RESULT_BYTES;
}

/**
 * At most how many columns the rules of a strategy keep at a time: each call in its expressions may make one, and each name
 * is one. To count them exactly, one would have to read the rules, which takes too long here.
 */
function countColumns(strategy: StrategySpec): number {
  if (!isRuleSpec(strategy)) return LEAST_COLUMNS;
  const calls = JSON.stringify({ ...strategy, description: undefined }).split('(').length - 1;
  const columns = calls + Object.keys(strategy.indicators ?? {}).length;
  return Math.min(Math.max(columns, LEAST_COLUMNS), MOST_COLUMNS);
}
