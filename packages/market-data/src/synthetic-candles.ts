import { type Candles, type Timeframe, timeframeLengthMs } from '@tradebase/contracts';
import { mulberry32 } from './mulberry32.ts';
import { newSharedCandles } from './shared-candles.ts';

export interface SyntheticCandlesOptions {
  /** Any integer: the same seed gives the same candles, to the last bit, on every machine. */
  readonly seed: number;
  readonly count: number;
  /** Open time of the first bar in milliseconds since the Unix epoch; a daily bar on a weekend moves to Monday. */
  readonly start: number;
  readonly timeframe: Timeframe;
}

/** Name for an instrument with such candles, so that nobody takes them for a market. */
export const SYNTHETIC_NAME = 'Synthetic: a seeded random walk, not a market';

const DAY_MS = 86_400_000;
const FIRST_PRICE = 100;
const TICKS_PER_UNIT = 100;
/** Standard deviation of the steps of a year's walk: that of a lively stock. */
const YEARLY_VOLATILITY = 0.25;
const YEAR_MS = 365 * DAY_MS;

/**
 * Made-up candles: a geometric random walk in ticks of 0.01 with no drift, no gaps but weekends in daily bars, and
 * volumes that grow with the bar's range. For samples, tests and benchmarks; a strategy that earns on them is lucky.
 *
 * Only sums, products and rounding: the standard leaves the last bits of `Math.log` and its like to each engine.
 */
export function syntheticCandles({ seed, count, start, timeframe }: SyntheticCandlesOptions): Candles {
  const random = mulberry32(seed);
  // The sum of 12 uniform numbers has variance 1: near enough to a normal distribution.
  const normal = () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += random();
    return sum;
  };
  const volatility = YEARLY_VOLATILITY * Math.sqrt(timeframeLengthMs(timeframe) / YEAR_MS);
  const candles = newSharedCandles(count);
  let ts = skipWeekend(start, timeframe);
  let price = FIRST_PRICE;
  for (let i = 0; i < count; i++) {
    const open = price;
    // A walk that falls for very long must not reach zero, where it would stay.
    const close = Math.max(0.5, open * (1 + volatility * normal()));
    const high = Math.max(open, close) * (1 + volatility * random());
    const low = Math.min(open, close) * (1 - volatility * random() * 0.5);
    candles.ts[i] = ts;
    candles.open[i] = toTick(open);
    candles.high[i] = toTick(high);
    candles.low[i] = toTick(low);
    candles.close[i] = toTick(close);
    candles.volume[i] = Math.round(1000 * (1 + (random() + (high - low) / open / volatility) * 4));
    price = close;
    ts = skipWeekend(nextOpen(ts, timeframe), timeframe);
  }
  return candles;
}

function toTick(price: number): number {
  return Math.round(price * TICKS_PER_UNIT) / TICKS_PER_UNIT;
}

function nextOpen(ts: number, timeframe: Timeframe): number {
  if (timeframe !== '1mo') return ts + timeframeLengthMs(timeframe);
  const date = new Date(ts);
  return date.setUTCMonth(date.getUTCMonth() + 1);
}

function skipWeekend(ts: number, timeframe: Timeframe): number {
  if (timeframe !== '1d') return ts;
  const day = new Date(ts).getUTCDay();
  if (day === 6) return ts + 2 * DAY_MS;
  return day === 0 ? ts + DAY_MS : ts;
}
