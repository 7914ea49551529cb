import { CANDLE_COLUMNS, type Candles } from '@tradebase/contracts';

const VALUE_BYTES = Float64Array.BYTES_PER_ELEMENT;

/**
 * Columns for `length` candles, all zero, in one block of memory that threads share: posting them to a thread copies no
 * candle, and writing to them changes what every thread sees.
 */
export function newSharedCandles(length: number): Candles {
  const buffer = new SharedArrayBuffer(length * CANDLE_COLUMNS.length * VALUE_BYTES);
  const column = (index: number) => new Float64Array(buffer, index * length * VALUE_BYTES, length);
  return { ts: column(0), open: column(1), high: column(2), low: column(3), close: column(4), volume: column(5) };
}
