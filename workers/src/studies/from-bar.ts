import type { Candles } from '@tradebase/contracts';
import type { InstrumentSeries, SimulationResult } from '@tradebase/engine';

/** Bars of a series from `from` to before `to`, on the same memory. */
export function barsOf(series: InstrumentSeries, from: number, to: number): InstrumentSeries {
  const { columns } = series;
  return {
    ...series,
    candles: candlesOf(series.candles, from, to),
    ...(columns && {
      columns: Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column.subarray(from, to)])),
    }),
  };
}

/** Index of the first bar that opens at a time or after it. */
export function firstBarFrom(ts: Float64Array, time: number): number {
  let low = 0;
  let high = ts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ts[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function candlesOf({ ts, open, high, low, close, volume }: Candles, from: number, to: number): Candles {
  return {
    ts: ts.subarray(from, to),
    open: open.subarray(from, to),
    high: high.subarray(from, to),
    low: low.subarray(from, to),
    close: close.subarray(from, to),
    volume: volume.subarray(from, to),
  };
}

/**
 * A result without its first bars, in which nothing was traded: what a backtest that began at `bar` would have said, had
 * its indicators known the bars before. Takes over the result.
 */
export function resultFromBar(result: SimulationResult, bar: number): SimulationResult {
  if (bar === 0) return result;
  const { trades } = result;
  for (let trade = 0; trade < trades.length; trade++) {
    trades.entry_bar[trade] = (trades.entry_bar[trade] as number) - bar;
    trades.exit_bar[trade] = (trades.exit_bar[trade] as number) - bar;
  }
  return {
    ...result,
    ts: result.ts.subarray(bar),
    equity: result.equity.subarray(bar),
    // Nobody reads them of a trial.
    orders: null,
    fills: null,
    open_positions: result.open_positions.map((position) => ({ ...position, entry_bar: position.entry_bar - bar })),
    liquidated_bar: result.liquidated_bar === null ? null : result.liquidated_bar - bar,
  };
}
