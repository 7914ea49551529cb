import { barEndMs, type InstrumentRules } from '@tradebase/contracts';
import type { InstrumentSeries } from '../market/market-data.ts';
import type { BarPrices } from './path-of-bar.ts';

/** Where the clock stands: the bar, and the last candle of each instrument. */
export class MarketNow {
  readonly instruments: readonly InstrumentSeries[];
  readonly rules: readonly InstrumentRules[];
  bar = -1;
  /** Instruments with a candle in this bar, in their order. */
  current: Int32Array = new Int32Array();
  /** Index of each instrument's last candle, -1 before the first. */
  readonly candle: Int32Array;
  /** Bar of the clock in which that candle came. */
  readonly candleBar: Int32Array;
  /** Open times of the clock's bars. */
  times: Float64Array;

  constructor(instruments: readonly InstrumentSeries[], defaultRules: InstrumentRules, times: Float64Array) {
    this.times = times;
    this.instruments = instruments;
    this.rules = instruments.map(({ rules }) => rules ?? defaultRules);
    this.candle = new Int32Array(instruments.length).fill(-1);
    this.candleBar = new Int32Array(instruments.length).fill(-1);
  }

  /** Open time of the bar. */
  get ts(): number {
    return this.times[this.bar] ?? NaN;
  }

  series(instrument: number): InstrumentSeries {
    const series = this.instruments[instrument];
    if (series === undefined) throw new RangeError(`there is no instrument ${instrument}`);
    return series;
  }

  rulesOf(instrument: number): InstrumentRules {
    const rules = this.rules[instrument];
    if (rules === undefined) throw new RangeError(`there is no instrument ${instrument}`);
    return rules;
  }

  /** Whether the instrument has a candle in this bar. */
  trades(instrument: number): boolean {
    return this.candleBar[instrument] === this.bar;
  }

  /** Prices of the instrument's last candle. */
  prices(instrument: number): BarPrices {
    const { open, high, low, close } = this.series(instrument).candles;
    const candle = this.candle[instrument] as number;
    return {
      open: open[candle] ?? NaN,
      high: high[candle] ?? NaN,
      low: low[candle] ?? NaN,
      close: close[candle] ?? NaN,
    };
  }

  open(instrument: number): number {
    return this.series(instrument).candles.open[this.candle[instrument] as number] ?? NaN;
  }

  close(instrument: number): number {
    return this.series(instrument).candles.close[this.candle[instrument] as number] ?? NaN;
  }

  volume(instrument: number): number {
    return this.series(instrument).candles.volume[this.candle[instrument] as number] ?? NaN;
  }

  /** Whether the instrument belongs to the universe now. */
  isMember(instrument: number): boolean {
    const { membership } = this.series(instrument);
    return membership === undefined || membership.some(({ from, to }) => from <= this.ts && this.ts < to);
  }

  /** When this bar is known. All instruments have bars of one timeframe. */
  get availableAt(): number {
    return barEndMs(this.ts, this.series(0).timeframe);
  }
}
