import type { CandleColumn, Candles } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import type { BacktestInput } from './backtest-input.ts';

const PRICE_COLUMNS = ['open', 'high', 'low', 'close'] as const satisfies readonly CandleColumn[];
const OTHER_COLUMNS = [...PRICE_COLUMNS, 'volume'] as const satisfies readonly CandleColumn[];

/** The largest time a JavaScript date can hold, in milliseconds either side of 1970. */
const MAX_TS_MS = 8.64e15;

/**
 * Throws on the first thing in the input that a backtest cannot stand on.
 *
 * @throws EngineError `empty_candles`, `column_length_mismatch`, `invalid_ts`, `non_ascending_ts`, `invalid_price`,
 * `invalid_cash`, `invalid_fee`
 */
export function checkBacktestInput({ candles, initial_cash, fee_bps }: BacktestInput): void {
  if (!(initial_cash > 0 && initial_cash < Infinity)) {
    throw new EngineError('invalid_cash', `initial_cash is ${initial_cash}; it must be a finite amount above 0`, {
      initial_cash,
    });
  }
  if (!(fee_bps >= 0 && fee_bps < 10_000)) {
    throw new EngineError('invalid_fee', `fee_bps is ${fee_bps}; it must be at least 0 and below 10,000`, { fee_bps });
  }
  checkLengths(candles);
  checkTimes(candles.ts);
  for (const column of PRICE_COLUMNS) checkPrices(column, candles[column]);
}

function checkLengths(candles: Candles): void {
  const bars = candles.ts.length;
  if (bars === 0) throw new EngineError('empty_candles', 'there are no candles; a backtest needs at least one');
  for (const column of OTHER_COLUMNS) {
    const length = candles[column].length;
    if (length !== bars) {
      throw new EngineError(
        'column_length_mismatch',
        `column ${column} has ${length} values and ts has ${bars}; all columns must have the same length`,
        { column, length, bars },
      );
    }
  }
}

function checkTimes(ts: Float64Array): void {
  const unordered = firstUnordered(ts);
  // Times in order are all dates if the first and the last are.
  for (const bar of [unordered, 0, ts.length - 1]) {
    if (bar !== -1 && !(Math.abs(ts[bar] ?? NaN) <= MAX_TS_MS)) {
      throw new EngineError('invalid_ts', `ts is ${ts[bar]} at bar ${bar}; it must be a date in milliseconds`, { bar });
    }
  }
  if (unordered !== -1) {
    const message = `ts is ${ts[unordered]} at bar ${unordered}, after ${ts[unordered - 1]}; it must ascend`;
    throw new EngineError('non_ascending_ts', message, { bar: unordered });
  }
}

function checkPrices(column: CandleColumn, prices: Float64Array): void {
  const bar = firstNonPrice(prices);
  if (bar === -1) return;
  const message = `${column} is ${prices[bar]} at bar ${bar}; it must be finite and above 0`;
  throw new EngineError('invalid_price', message, { column, bar });
}

// These loops see every number of the input: kept free of anything but the comparison.

/** Index of the first value not above the one before it, or -1. */
function firstUnordered(values: Float64Array): number {
  let before = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (!(value > before)) return i;
    before = value;
  }
  return -1;
}

/** Index of the first value that is not finite and above 0, or -1. */
function firstNonPrice(values: Float64Array): number {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    if (!(value > 0 && value < Infinity)) return i;
  }
  return -1;
}
