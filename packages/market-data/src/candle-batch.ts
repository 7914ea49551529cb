import type { Candles } from '@tradebase/contracts';

/** Some candles of a file. The parser fills one batch again and again: use its values before asking for the next. */
export interface CandleBatch {
  /** Columns as long as the batch is large; the first `count` values hold candles. */
  readonly columns: Candles;
  count: number;
  /** Bytes of the file read so far, this batch included. */
  bytesRead: number;
}

export function newCandleBatch(capacity: number): CandleBatch {
  const column = () => new Float64Array(capacity);
  return {
    columns: { ts: column(), open: column(), high: column(), low: column(), close: column(), volume: column() },
    count: 0,
    bytesRead: 0,
  };
}
