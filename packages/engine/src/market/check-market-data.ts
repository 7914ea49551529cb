import type { CandleColumn, Candles } from '@tradebase/contracts';
import { EngineError, type EngineErrorCode } from '../engine-error.ts';
import type { InstrumentSeries, MarketData } from './market-data.ts';

const PRICE_COLUMNS = ['open', 'high', 'low', 'close'] as const satisfies readonly CandleColumn[];
const OTHER_COLUMNS = [...PRICE_COLUMNS, 'volume'] as const satisfies readonly CandleColumn[];

/** The largest time a JavaScript date can hold, in milliseconds either side of 1970. */
const MAX_TS_MS = 8.64e15;

/** Candles that have been seen to be right: a sweep of a thousand runs checks them once. */
const checked = new WeakSet<Candles>();

/**
 * Throws on the first thing in the market data that a simulation cannot stand on, with its instrument and bar.
 *
 * @throws EngineError `no_instruments`, `duplicate_instrument`, `mixed_timeframes`, `empty_candles`,
 * `column_length_mismatch`, `invalid_ts`, `non_ascending_ts`, `invalid_price`, `invalid_range`, `invalid_volume`,
 * `invalid_settings`
 */
export function checkMarketData({ instruments }: MarketData): void {
  const [first] = instruments;
  if (first === undefined)
    throw new EngineError('no_instruments', 'there are no instruments; there must be at least one');
  const symbols = new Set<string>();
  for (const series of instruments) {
    const { symbol, timeframe } = series;
    if (symbols.has(symbol)) {
      throw new EngineError('duplicate_instrument', `${symbol} is there twice; each instrument must be there once`);
    }
    symbols.add(symbol);
    if (timeframe !== first.timeframe) {
      const message = `${symbol} has bars of ${timeframe} and ${first.symbol} of ${first.timeframe}; they must be the same`;
      throw new EngineError('mixed_timeframes', message);
    }
    checkCandles(series.candles, symbol);
    if (series.finer !== undefined) checkCandles(series.finer.candles, `${symbol} ${series.finer.timeframe}`);
    checkCompanions(series);
  }
}

/** As `checkMarketData`, of the candles of one instrument. */
export function checkCandles(candles: Candles, name: string): void {
  if (checked.has(candles)) return;
  checkLengths(candles, name);
  checkTimes(candles.ts, name);
  checkPrices(candles, name);
  checkVolume(candles.volume, name);
  checked.add(candles);
}

function fail(code: EngineErrorCode, instrument: string, bar: number, problem: string): never {
  throw new EngineError(code, `${instrument}, bar ${bar}: ${problem}`, { instrument, bar });
}

function checkLengths(candles: Candles, instrument: string): void {
  const bars = candles.ts.length;
  if (bars === 0) {
    throw new EngineError('empty_candles', `${instrument} has no candles; it needs at least one`, { instrument });
  }
  for (const column of OTHER_COLUMNS) {
    const length = candles[column].length;
    if (length === bars) continue;
    const message = `${instrument}: ${column} has ${length} values and ts has ${bars}; all columns must have the same length`;
    throw new EngineError('column_length_mismatch', message, { instrument, column, length, bars });
  }
}

function checkTimes(ts: Float64Array, name: string): void {
  const unordered = firstUnordered(ts);
  // Times in order are all dates if the first and the last are.
  for (const bar of [unordered, 0, ts.length - 1]) {
    if (bar !== -1 && !(Math.abs(ts[bar] ?? NaN) <= MAX_TS_MS)) {
      fail('invalid_ts', name, bar, `ts is ${ts[bar]}; it must be a date in milliseconds`);
    }
  }
  if (unordered === -1) return;
  const after = ts[unordered - 1];
  const problem =
    ts[unordered] === after ? 'is there twice; each time must be there once' : `comes after ${after}; it must ascend`;
  fail('non_ascending_ts', name, unordered, `ts ${ts[unordered]} ${problem}`);
}

function checkPrices(candles: Candles, name: string): void {
  const bar = firstBadBar(candles);
  if (bar === -1) return;
  for (const column of PRICE_COLUMNS) {
    const price = candles[column][bar] ?? NaN;
    if (price > 0 && price < Infinity) continue;
    fail('invalid_price', name, bar, `${column} is ${price}; it must be finite and above 0`);
  }
  const { open = NaN, high = NaN, low = NaN, close = NaN } = pricesAt(candles, bar);
  if (high < low) fail('invalid_range', name, bar, `high ${high} is below low ${low}`);
  const outside = open > high || open < low ? `open ${open}` : `close ${close}`;
  fail('invalid_range', name, bar, `${outside} is not between low ${low} and high ${high}`);
}

function pricesAt({ open, high, low, close }: Candles, bar: number) {
  return { open: open[bar], high: high[bar], low: low[bar], close: close[bar] };
}

function checkVolume(volume: Float64Array, name: string): void {
  for (let bar = 0; bar < volume.length; bar++) {
    const value = volume[bar] as number;
    if (value >= 0 && value < Infinity) continue;
    fail('invalid_volume', name, bar, `volume is ${value}; it must be finite and at least 0`);
  }
}

/** As `checkMarketData`, of what comes with the candles of one instrument. */
export function checkCompanions({
  symbol,
  candles,
  columns = {},
  splits = [],
  membership = [],
}: InstrumentSeries): void {
  const bars = candles.ts.length;
  for (const [column, { length }] of Object.entries(columns)) {
    if (length === bars) continue;
    const message = `${symbol}: column ${column} has ${length} values; it must have one per candle, ${bars}`;
    throw new EngineError('column_length_mismatch', message, { instrument: symbol, column, length, bars });
  }
  splits.forEach(({ ts, ratio }, index) => {
    if (ratio > 0 && ratio < Infinity && ts > (splits[index - 1]?.ts ?? -Infinity)) return;
    const message = `${symbol}: split ${index} is of ratio ${ratio} at ${ts}; ratios must be above 0 and times ascend`;
    throw new EngineError('invalid_settings', message);
  });
  for (const { from, to } of membership) {
    if (from < to) continue;
    throw new EngineError(
      'invalid_settings',
      `${symbol}: membership from ${from} to ${to}; it must begin before it ends`,
    );
  }
}

// These loops see every number of the input: kept free of anything but the comparison.

/** Index of the first value not above the one before it, or -1. */
function firstUnordered(values: Float64Array): number {
  let before = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!(value > before)) return i;
    before = value;
  }
  return -1;
}

/** Index of the first bar with a price that is not finite and above 0, or out of the bar's range; -1 if there is none. */
function firstBadBar({ open, high, low, close }: Candles): number {
  for (let i = 0; i < open.length; i++) {
    const o = open[i] as number;
    const h = high[i] as number;
    const l = low[i] as number;
    const c = close[i] as number;
    // NaN fails every comparison; what lies between a low above 0 and a finite high is finite and above 0.
    if (!(l > 0 && h < Infinity && o >= l && o <= h && c >= l && c <= h)) return i;
  }
  return -1;
}
