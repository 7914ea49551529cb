import { barEndMs, CANDLE_COLUMNS, type CandleColumn, type Timeframe } from '@tradebase/contracts';
import type { InstrumentSeries } from '../market/market-data.ts';
import { CandleAggregator } from '../plan/candle-aggregator.ts';

export function frameKey(symbol: string, timeframe: Timeframe): string {
  return `${symbol} ${timeframe}`;
}

/** Bars of a series, or of a coarser timeframe made of it, one by one as they are known at closes of the main series. */
export class FrameStream {
  /** What is computed at each bar, in this order. */
  readonly steps: (() => void)[] = [];
  /** The newest bar. */
  readonly bar: Record<CandleColumn, number> = { ts: NaN, open: NaN, high: NaN, low: NaN, close: NaN, volume: NaN };
  /** Bars so far. */
  count = 0;
  readonly #series: InstrumentSeries;
  readonly #main: InstrumentSeries;
  readonly #aggregator: CandleAggregator | null;
  /** Candles of the series that were taken in. */
  #taken = 0;

  /** @param coarser null for the candles as they are */
  constructor(series: InstrumentSeries, main: InstrumentSeries, coarser: Timeframe | null) {
    this.#series = series;
    this.#main = main;
    this.#aggregator =
      coarser === null ? null : new CandleAggregator(series.timeframe, coarser, series.rules?.time_zone ?? 'UTC');
  }

  /** A further column of the series at its newest bar. */
  extra(name: string): number {
    return this.#series.columns?.[name]?.[this.#taken - 1] ?? NaN;
  }

  /** Takes in what is complete at the close of a candle of the main series. */
  update(mainCandle: number): void {
    const { candles, timeframe } = this.#series;
    const now = barEndMs(this.#main.candles.ts[mainCandle] ?? NaN, this.#main.timeframe);
    const aggregator = this.#aggregator;
    for (; this.#taken < candles.ts.length; ) {
      const ts = candles.ts[this.#taken] as number;
      if (barEndMs(ts, timeframe) > now) break;
      if (aggregator?.isFinishedBy(ts)) this.#emit(aggregator.take());
      const at = this.#taken;
      this.#taken += 1;
      if (aggregator !== null) aggregator.add(candles, at);
      else {
        for (const column of CANDLE_COLUMNS) this.bar[column] = candles[column][at] as number;
        this.#run();
      }
    }
    if (aggregator?.isCompleteAt(now)) this.#emit(aggregator.take());
  }

  #emit(bar: Readonly<Record<CandleColumn, number>>): void {
    Object.assign(this.bar, bar);
    this.#run();
  }

  #run(): void {
    this.count += 1;
    for (const step of this.steps) step();
  }
}
