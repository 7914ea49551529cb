import type { Candles } from '@tradebase/contracts';
import { scanDecimal } from './scan-decimal.ts';
import { scanTimestamp } from './scan-timestamp.ts';

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const COMMA = 44;

/**
 * Reads one row of candles in its usual form from bytes into place `index` of the columns: the fast half of the parser.
 * The bytes must hold a line feed at or after `start`.
 *
 * It knows right from wrong but not why: for a row that is unusual or wrong, `parseCandleRow` has the last word.
 *
 * @param previousTs time of the row before, which this one must follow
 * @returns the position after the row's line feed, or -1 where the row is not both usual and right
 */
export function scanCandleRow(
  bytes: Uint8Array,
  start: number,
  columns: Candles,
  index: number,
  previousTs: number,
): number {
  const { ts, open, high, low, close, volume } = columns;
  let at = scanTimestamp(bytes, start, ts, index);
  if (at < 0 || bytes[at] !== COMMA) return -1;
  at = scanDecimal(bytes, at + 1, open, index);
  if (at < 0 || bytes[at] !== COMMA) return -1;
  at = scanDecimal(bytes, at + 1, high, index);
  if (at < 0 || bytes[at] !== COMMA) return -1;
  at = scanDecimal(bytes, at + 1, low, index);
  if (at < 0 || bytes[at] !== COMMA) return -1;
  at = scanDecimal(bytes, at + 1, close, index);
  if (at < 0 || bytes[at] !== COMMA) return -1;
  // A plain decimal is never negative, so the volume needs no check of its own.
  at = scanDecimal(bytes, at + 1, volume, index);
  if (at < 0) return -1;
  if (bytes[at] === CARRIAGE_RETURN) at++;
  if (bytes[at] !== LINE_FEED) return -1;

  const lowest = low[index] ?? 0;
  const highest = high[index] ?? 0;
  const first = open[index] ?? 0;
  const last = close[index] ?? 0;
  const right =
    lowest > 0 &&
    lowest <= first &&
    lowest <= last &&
    first <= highest &&
    last <= highest &&
    (ts[index] ?? 0) > previousTs;
  return right ? at + 1 : -1;
}
