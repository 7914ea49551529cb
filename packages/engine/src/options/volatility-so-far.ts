import type { OptionsSettings } from '@tradebase/contracts';
import type { IndicatorStream } from '../indicators/indicator-definition.ts';
import type { InstrumentSeries } from '../market/market-data.ts';
import { estimatorOf, realisedVolatility, SharesSinceFirst } from './realised-volatility.ts';

/** Realised volatility of a series to which candles may still come: at once of those that are there, candle by candle of the others. */
export class VolatilitySoFar {
  readonly #series: InstrumentSeries;
  readonly #window: number;
  readonly #estimator: OptionsSettings['volatility']['estimator'];
  #known: Float64Array = new Float64Array();
  /** Candles that `#known` has values of. */
  #count = 0;
  #stream: IndicatorStream | null = null;
  #shares: SharesSinceFirst | null = null;

  constructor(series: InstrumentSeries, window: number, estimator: OptionsSettings['volatility']['estimator']) {
    this.#series = series;
    this.#window = window;
    this.#estimator = estimator;
  }

  /** As `realisedVolatility`, at one candle; NaN where there is no such candle. */
  at(candle: number): number {
    if (candle >= this.#count) this.#catchUp();
    return candle < this.#count ? (this.#known[candle] ?? NaN) : NaN;
  }

  #catchUp(): void {
    const { ts } = this.#series.candles;
    if (this.#count === 0) {
      this.#known = realisedVolatility(this.#series, this.#window, this.#estimator);
      this.#count = ts.length;
      return;
    }
    const from = this.#stream === null ? 0 : this.#count;
    this.#stream ??= estimatorOf(this.#estimator).indicator.stream([this.#window, 1]);
    this.#shares ??= new SharesSinceFirst(this.#series);
    this.#makeRoom(ts.length);
    for (let candle = from; candle < ts.length; candle++) this.#known[candle] = this.#next(candle);
    this.#count = ts.length;
  }

  #next(candle: number): number {
    const shares = this.#shares?.at(this.#series.candles.ts[candle] ?? NaN) ?? NaN;
    const { columns } = estimatorOf(this.#estimator);
    const prices = columns.map((column) => (this.#series.candles[column][candle] ?? NaN) * shares);
    return this.#stream?.update(prices)[0] ?? NaN;
  }

  #makeRoom(candles: number): void {
    if (candles <= this.#known.length) return;
    const more = new Float64Array(2 * candles);
    more.set(this.#known);
    this.#known = more;
  }
}
