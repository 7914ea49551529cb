import { type BacktestSettings, CANDLE_COLUMNS, type Candles } from '@tradebase/contracts';
import { EngineError } from '../engine-error.ts';
import { checkCandles } from './check-market-data.ts';
import { findGaps, type Gap } from './find-gaps.ts';
import type { InstrumentSeries, MarketData } from './market-data.ts';

/** Bars that may be invented in all series together; a wrong timeframe would else fill memory. */
const MOST_FILLED_BARS = 10_000_000;

/** Series with their gaps filled, so that sweeps fill them once. */
const filledSeries = new WeakMap<InstrumentSeries, { gaps: readonly Gap[]; series: InstrumentSeries }>();

/**
 * The market with missing bars treated as the settings say: `skip` leaves it as it is, `fail` refuses it, `fill` puts bars in
 * that repeat the close before at no volume (further columns are NaN there). What is missing: `findGaps`.
 *
 * @throws EngineError `data_gaps`
 */
export function applyGapPolicy(data: MarketData, { gaps: policy, instrument }: BacktestSettings): MarketData {
  if (policy === 'skip') return data;
  let changed = false;
  let invented = 0;
  const instruments = data.instruments.map((series) => {
    const gaps = findGaps(series, series.rules ?? instrument);
    const [first] = gaps;
    if (first === undefined) return series;
    const bars = gaps.reduce((total, { missing_ts }) => total + missing_ts.length, 0);
    if (policy === 'fail' || invented + bars > MOST_FILLED_BARS) throw gapError(series.symbol, bars, first);
    invented += bars;
    changed = true;
    return fillGaps(series, gaps, bars);
  });
  return changed ? { instruments } : data;
}

function gapError(instrument: string, bars: number, { missing_ts, candle }: Gap): EngineError {
  const at = new Date(missing_ts[0] ?? NaN).toISOString();
  const message = `${instrument} misses ${bars} bars, the first at ${at}; complete the data, or let gaps be skip or fill`;
  return new EngineError('data_gaps', message, { instrument, bar: candle, bars });
}

function fillGaps(series: InstrumentSeries, gaps: readonly Gap[], bars: number): InstrumentSeries {
  const known = filledSeries.get(series);
  if (known?.gaps === gaps) return known.series;
  const { candles, columns } = series;
  const length = candles.ts.length + bars;
  const filled: Candles = {
    ts: new Float64Array(length),
    open: new Float64Array(length),
    high: new Float64Array(length),
    low: new Float64Array(length),
    close: new Float64Array(length),
    volume: new Float64Array(length),
  };
  const extra = Object.entries(columns ?? {}).map(
    ([name, from]) => [name, { from, to: new Float64Array(length) }] as const,
  );
  let [gap, to] = [0, 0];
  for (let candle = 0; candle < candles.ts.length; candle++) {
    for (const column of CANDLE_COLUMNS) filled[column][to] = candles[column][candle] as number;
    for (const [, column] of extra) column.to[to] = column.from[candle] as number;
    to += 1;
    if (gaps[gap]?.candle !== candle) continue;
    const close = candles.close[candle] as number;
    for (const ts of gaps[gap]?.missing_ts ?? []) {
      for (const column of ['open', 'high', 'low', 'close'] as const) filled[column][to] = close;
      filled.ts[to] = ts;
      for (const [, column] of extra) column.to[to] = NaN;
      to += 1;
    }
    gap += 1;
  }
  checkCandles(filled, series.symbol);
  const result = {
    ...series,
    candles: filled,
    ...(columns && { columns: Object.fromEntries(extra.map(([name, column]) => [name, column.to])) }),
  };
  filledSeries.set(series, { gaps, series: result });
  return result;
}
