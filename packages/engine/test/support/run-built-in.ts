import { BacktestSettings, type BacktestSettingsInput, type Candles, type ParameterValues } from '@tradebase/contracts';
import { resolveStrategy, simulate } from '../../src/index.ts';
import type { InstrumentSeries, MarketData } from '../../src/market/market-data.ts';
import type { SimulationResult } from '../../src/trading/simulation-result.ts';
import type { Trade } from '../../src/trading/trade-list.ts';

/** A row of candles: `[open, high, low, close, volume?]`; a number alone is a bar that does not move. */
export type Row = number | readonly number[];

export function candlesOf(rows: readonly Row[]): Candles {
  const column = (index: number, otherwise: number) =>
    Float64Array.from(rows, (row) =>
      typeof row === 'number' ? (index < 4 ? row : otherwise) : (row[index] ?? otherwise),
    );
  return {
    ts: Float64Array.from(rows, (_, bar) => Date.UTC(2024, 0, 1) + bar * 86_400_000),
    open: column(0, NaN),
    high: column(1, NaN),
    low: column(2, NaN),
    close: column(3, NaN),
    volume: column(4, 1000),
  };
}

export function seriesOf(rows: readonly Row[], more: Partial<InstrumentSeries> = {}): InstrumentSeries {
  return { symbol: 'ACME', timeframe: '1d', candles: candlesOf(rows), ...more };
}

/** A built-in strategy on a made-up market, with 10,000 to begin with. */
export function runBuiltIn(
  name: string,
  params: ParameterValues,
  market: readonly Row[] | MarketData,
  settings: BacktestSettingsInput = {},
): SimulationResult {
  const data = 'instruments' in market ? market : { instruments: [seriesOf(market)] };
  const options = { initial_cash: 10_000, settings: BacktestSettings.parse(settings), seed: 1 };
  return simulate(resolveStrategy({ name, params }).strategy, data, options, { path: 'event' });
}

/** Side, bars, prices and reason of each trade. */
export function briefly(result: SimulationResult): unknown[] {
  const brief = ({ side, entry_bar, entry_price, exit_bar, exit_price, exit_reason }: Trade) => [
    side,
    entry_bar,
    round(entry_price),
    exit_bar,
    round(exit_price),
    exit_reason,
  ];
  return [...result.trades].map(brief);
}

function round(price: number): number {
  return Math.round(price * 1e6) / 1e6;
}
