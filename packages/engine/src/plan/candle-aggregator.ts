import { type CandleColumn, type Candles, type Timeframe, timeframeLengthMs } from '@tradebase/contracts';
import { checkFits, endOfLast, zoneOfBars } from './aggregate-candles.ts';
import { type Bucket, bucketOf } from './calendar-buckets.ts';

/** Makes one bar of a coarser timeframe at a time, candle by candle: the bars of `aggregateCandles`. */
export class CandleAggregator {
  readonly #finer: Timeframe;
  readonly #coarser: Timeframe;
  readonly #timeZone: string;
  #bucket: Bucket = { start: NaN, end: -Infinity };
  #bar: Record<CandleColumn, number> | null = null;
  /** When the bar is complete. */
  #end = Infinity;

  /** @throws EngineError `invalid_timeframe`, as `aggregateCandles` */
  constructor(finer: Timeframe, coarser: Timeframe, timeZone: string) {
    checkFits(finer, coarser);
    this.#finer = finer;
    this.#coarser = coarser;
    this.#timeZone = timeZone;
  }

  /** Whether there is a bar to which a candle that opens at `ts` does not belong. */
  isFinishedBy(ts: number): boolean {
    return this.#bar !== null && ts >= this.#bucket.end;
  }

  /** Whether there is a bar that is complete by `now`. */
  isCompleteAt(now: number): boolean {
    return this.#bar !== null && this.#end <= now;
  }

  /** The bar, which is over. There must be one. */
  take(): Record<CandleColumn, number> {
    const bar = this.#bar;
    if (bar === null) throw new RangeError('there is no bar to take');
    this.#bar = null;
    return bar;
  }

  /** Takes in a candle that belongs to the bar, or begins one. */
  add(candles: Candles, index: number): void {
    const at = (column: CandleColumn) => candles[column][index] as number;
    const ts = at('ts');
    if (this.#bar === null) {
      this.#bucket = bucketOf(ts, this.#coarser, zoneOfBars(candles, this.#finer, this.#timeZone));
      const [high, low] = [at('high'), at('low')];
      this.#bar = { ts: this.#bucket.start, open: at('open'), high, low, close: NaN, volume: 0 };
    }
    const bar = this.#bar;
    bar.high = Math.max(bar.high, at('high'));
    bar.low = Math.min(bar.low, at('low'));
    bar.close = at('close');
    bar.volume += at('volume');
    this.#end = endOfLast(ts, timeframeLengthMs(this.#finer), this.#bucket.end);
  }
}
