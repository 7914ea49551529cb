import { barEndMs, timeframeLengthMs } from '@tradebase/contracts';
import { ExchangeTime } from '../market/exchange-time.ts';
import type { InstrumentSeries } from '../market/market-data.ts';
import { DAY_MS, dayOf, weekdayOf } from '../options/option-calendar.ts';

/**
 * Reckons when an instrument opens next. Bars of a day or longer follow each other, without weekends where the calendar has them. Shorter ones
 * do as after the last bar of the same minute of the exchange's day; before there was one, they follow each other. Holidays and
 * early closes are not known.
 */
export class NextOpen {
  readonly #series: InstrumentSeries;
  readonly #time: ExchangeTime;
  readonly #hasWeekends: boolean;
  readonly #length: number;
  /** Minutes of the day after whose bar the next one was of another day. */
  readonly #isLast = new Map<number, boolean>();
  #candles = 0;

  constructor(series: InstrumentSeries) {
    this.#series = series;
    this.#time = new ExchangeTime(series.rules?.time_zone ?? 'UTC');
    this.#length = timeframeLengthMs(series.timeframe);
    const calendar = series.rules?.calendar ?? 'equities';
    this.#hasWeekends = calendar === 'equities' || calendar === 'forex';
  }

  /** After the newest candle; NaN before the first. */
  afterLast(): number {
    const { timeframe, candles } = this.#series;
    const ts = candles.ts.at(-1) ?? NaN;
    if (this.#length >= DAY_MS) return this.#skipWeekend(barEndMs(ts, timeframe));
    this.#learn(candles.ts);
    if (!this.#isLast.get(this.#time.minute(ts))) return barEndMs(ts, timeframe);
    return this.#skipWeekend(ts + DAY_MS);
  }

  #learn(ts: Float64Array): void {
    for (; this.#candles + 1 < ts.length; this.#candles++) {
      const [from, to] = [ts[this.#candles] as number, ts[this.#candles + 1] as number];
      this.#isLast.set(this.#time.minute(from), to - from >= 1.5 * this.#length && dayOf(from) !== dayOf(to));
    }
  }

  #skipWeekend(ts: number): number {
    let next = ts;
    while (this.#hasWeekends && weekdayOf(dayOf(next)) % 6 === 0) next += DAY_MS;
    return next;
  }
}
