import { EngineError } from '../engine-error.ts';
import type { InstrumentSeries } from '../market/market-data.ts';

/**
 * A further column of an instrument, one number per candle.
 *
 * @throws EngineError `unknown_column` where there is none of the name, or of another length
 */
export function extraColumn(
  { symbol, columns, candles }: Pick<InstrumentSeries, 'symbol' | 'columns' | 'candles'>,
  name: string,
): Float64Array {
  const column = columns && Object.hasOwn(columns, name) ? columns[name] : undefined;
  if (column?.length === candles.ts.length) return column;
  const message = column
    ? `the column '${name}' of ${symbol} has ${column.length} values for ${candles.ts.length} candles`
    : `${symbol} has no column '${name}'; it has ${Object.keys(columns ?? {}).join(', ') || 'none'}`;
  throw new EngineError('unknown_column', message, { column: name });
}
