import { barEndMs, CANDLE_COLUMNS, type Candles, type Timeframe } from '@tradebase/contracts';
import type { InstrumentSeries, MarketData } from '../market/market-data.ts';

/** Which bars stay: those that open at `from` or later and have ended by `until`. Milliseconds since the Unix epoch. */
export interface Stretch {
  readonly from?: number;
  readonly until?: number;
}

/** The market as it was known within a stretch of time. Columns are views: nothing is copied. */
export function cutMarketData(data: MarketData, stretch: Stretch): MarketData {
  return { ...data, instruments: data.instruments.map((series) => cutSeries(series, stretch)) };
}

function cutSeries(series: InstrumentSeries, stretch: Stretch): InstrumentSeries {
  const [first, end] = rangeOf(series.candles, series.timeframe, stretch);
  return {
    ...series,
    candles: cutCandles(series.candles, first, end),
    ...(series.columns && {
      columns: Object.fromEntries(
        Object.entries(series.columns).map(([name, column]) => [name, column.subarray(first, end)]),
      ),
    }),
    ...(series.finer && {
      finer: {
        timeframe: series.finer.timeframe,
        candles: cutCandles(series.finer.candles, ...rangeOf(series.finer.candles, series.finer.timeframe, stretch)),
      },
    }),
  };
}

function rangeOf({ ts }: Candles, timeframe: Timeframe, { from, until }: Stretch): [first: number, end: number] {
  const first = from === undefined ? 0 : firstIndexWhere(ts, (time) => time >= from);
  const end = until === undefined ? ts.length : firstIndexWhere(ts, (time) => barEndMs(time, timeframe) > until);
  return [first, Math.max(first, end)];
}

/** By bisection: `holds` is false up to some index and true from it on. */
function firstIndexWhere(ts: Float64Array, holds: (time: number) => boolean): number {
  let low = 0;
  let high = ts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(ts[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function cutCandles(candles: Candles, first: number, end: number): Candles {
  const [ts, open, high, low, close, volume] = CANDLE_COLUMNS.map((column) => candles[column].subarray(first, end));
  if (!ts || !open || !high || !low || !close || !volume) throw new TypeError('candles lack a column');
  return { ts, open, high, low, close, volume };
}
