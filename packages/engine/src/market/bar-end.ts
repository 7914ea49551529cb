import { type Timeframe, timeframeLengthMs } from '@tradebase/contracts';

/** When a bar that opens at `ts` is complete, in milliseconds since the Unix epoch: a month ends with the calendar (UTC). */
export function barEnd(ts: number, timeframe: Timeframe): number {
  if (timeframe !== '1mo') return ts + timeframeLengthMs(timeframe);
  const open = new Date(ts);
  return Date.UTC(open.getUTCFullYear(), open.getUTCMonth() + 1, open.getUTCDate()) + (ts % 86_400_000);
}
