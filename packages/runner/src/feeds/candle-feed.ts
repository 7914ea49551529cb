import type { Timeframe } from '@tradebase/contracts';
import type { SessionBar } from '@tradebase/engine';

/** Which bars a run wants. */
export interface BarRequest {
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  /** Open time of the first, in milliseconds since the Unix epoch. */
  readonly from_ms: number;
  /** Bars that were known by then are wanted at once, whatever the pace: the run has seen them before. */
  readonly seen_until_ms: number;
  readonly signal: AbortSignal;
}

/** The closed bars of one time. */
export interface FeedBars {
  readonly bars: readonly SessionBar[];
  /**
   * When the first symbol opens next, where that is known for certain (null: never); options settle at the last bar before
   * their expiry. A run that is taken up again must be told the same.
   */
  readonly next_ts?: number | null;
}

/**
 * Where candles come from: a broker's stream for instance. A run that is taken up again asks for the same bars again, and must
 * get the same.
 */
export interface CandleFeed {
  /** For the record of a run. */
  readonly name: string;
  /** Where a run that starts now begins: open time of its first bar at the earliest. */
  startOf(started_at_ms: number): number;
  /** Closed bars of one symbol that opened in [from, to), oldest first. */
  history(symbol: string, timeframe: Timeframe, from_ms: number, to_ms: number): Promise<SessionBar[]>;
  /** Closed bars as they come in, those of one time together, oldest first. Ends where there will be no more. */
  bars(request: BarRequest): AsyncIterable<FeedBars>;
}
