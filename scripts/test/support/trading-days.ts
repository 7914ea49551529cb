import type { Candles } from '@tradebase/contracts';
import { readCandles } from '../../../packages/engine/test/support/reference-data.ts';
import { type DayOfCandles, madeUpDay } from '../../chaos/made-up-day.ts';

const MADE_UP_MINUTES = 390;
const DAY_MS = 86_400_000;
/** A day with gaps, that ends with orders and positions open. */
const RECORDED_FROM = Date.parse('2017-11-08T00:00:00Z');

/** A day of one-minute candles, and what one begins it with. */
export interface TradingDay {
  readonly instruments: readonly DayOfCandles[];
  readonly initial_cash: number;
  /** Most of the volume of a bar that an order takes, so that orders fill in parts. */
  readonly max_volume_share: number;
  readonly from_ms: number;
  readonly to_ms: number;
}

/** Two instruments, for as long as an exchange of equities is open. */
export function madeUpTradingDay(): TradingDay {
  const instruments = ['ACME', 'EMCA'].map((symbol, n) => madeUpDay(symbol, n + 1, MADE_UP_MINUTES));
  return { instruments, initial_cash: 10_000, max_volume_share: 0.004, ...rangeOf(instruments) };
}

/** A day of a crypto market as it was; reads the shared folder with market data. */
export function recordedTradingDay(): TradingDay {
  const candles = readCandles('UNITTESTBTC_1m');
  const bars = [...candles.ts.keys()].filter((bar) => {
    const ts = candles.ts[bar] ?? 0;
    return ts >= RECORDED_FROM && ts < RECORDED_FROM + DAY_MS;
  });
  const instruments = [{ symbol: 'UNITTEST/BTC', ...pick(candles, bars) }];
  return { instruments, initial_cash: 1, max_volume_share: 0.1, ...rangeOf(instruments) };
}

function pick(candles: Candles, bars: readonly number[]): Candles {
  const column = (values: Float64Array) => Float64Array.from(bars, (bar) => values[bar] ?? Number.NaN);
  const { ts, open, high, low, close, volume } = candles;
  return {
    ts: column(ts),
    open: column(open),
    high: column(high),
    low: column(low),
    close: column(close),
    volume: column(volume),
  };
}

function rangeOf(instruments: readonly DayOfCandles[]) {
  const times = instruments.flatMap(({ ts }) => [...ts]);
  return { from_ms: Math.min(...times), to_ms: Math.max(...times) + 60_000 };
}
