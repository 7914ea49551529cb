import { barEndMs, timeframeLengthMs } from '@tradebase/contracts';
import { ExchangeTime } from '../market/exchange-time.ts';
import type { InstrumentSeries } from '../market/market-data.ts';
import type { SessionWindow } from '../plan/rule-program.ts';

/** Where candles of an instrument lie in a session window. A window whose end is before its start goes over midnight. */
export class SessionTimes {
  readonly #session: SessionWindow;
  readonly #time: ExchangeTime;
  readonly #series: InstrumentSeries;
  readonly #lengthMinutes: number;

  constructor(session: SessionWindow, series: InstrumentSeries, exchangeZone: string) {
    this.#session = session;
    this.#time = new ExchangeTime(session.time_zone ?? exchangeZone);
    this.#series = series;
    this.#lengthMinutes = timeframeLengthMs(series.timeframe) / 60_000;
  }

  /** Whether what is ordered at the close of a candle is ordered within the window. */
  allowsEntry(candle: number): boolean {
    const end = barEndMs(this.#ts(candle), this.#series.timeframe);
    return this.#contains(end) && !(this.#session.close_at_end && this.isLast(candle));
  }

  /** Whether the candle opens within the window. */
  isWithin(candle: number): boolean {
    return this.#contains(this.#ts(candle));
  }

  /** Whether the candle is in the window and the next one would not end there. */
  isLast(candle: number): boolean {
    if (!this.isWithin(candle)) return false;
    const end = barEndMs(this.#ts(candle), this.#series.timeframe);
    const left = (this.#session.to_minute - this.#time.minute(end) + 2 * 1440) % 1440;
    return left < this.#lengthMinutes;
  }

  #ts(candle: number): number {
    return this.#series.candles.ts[candle] ?? NaN;
  }

  #contains(ts: number): boolean {
    const { from_minute, to_minute, days } = this.#session;
    if (!days.includes(this.#time.weekday(ts))) return false;
    const minute = this.#time.minute(ts);
    if (from_minute < to_minute) return minute >= from_minute && minute < to_minute;
    return minute >= from_minute || minute < to_minute;
  }
}
