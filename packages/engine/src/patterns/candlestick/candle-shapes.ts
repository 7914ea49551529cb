import type { Candles } from '@tradebase/contracts';

/** The columns that a candlestick pattern looks at. */
export type PriceColumns = Pick<Candles, 'open' | 'high' | 'low' | 'close'>;

type Measure = 'body' | 'range';

/** A threshold of TA-Lib's default candle settings: `factor` times the mean of a measure over the `bars` bars before. */
interface Setting {
  readonly measure: Measure;
  /** 0: the bar itself is measured. */
  readonly bars: number;
  readonly factor: number;
}

const BODY_LONG: Setting = { measure: 'body', bars: 10, factor: 1 };
const BODY_SHORT: Setting = { measure: 'body', bars: 10, factor: 1 };
const BODY_DOJI: Setting = { measure: 'range', bars: 10, factor: 0.1 };
const SHADOW_LONG: Setting = { measure: 'body', bars: 0, factor: 1 };
const SHADOW_VERY_LONG: Setting = { measure: 'body', bars: 0, factor: 2 };
const SHADOW_VERY_SHORT: Setting = { measure: 'range', bars: 10, factor: 0.1 };
const NEAR: Setting = { measure: 'range', bars: 5, factor: 0.2 };
const FAR: Setting = { measure: 'range', bars: 5, factor: 0.6 };

/** Longest stretch of bars before a bar that a threshold of it looks at. */
export const SHAPE_BARS = 10;

/**
 * What single candles look like: the words in which candlestick patterns are defined, with TA-Lib's default settings.
 * Sizes are in price units. A threshold at bar i looks at the bars before i alone, never at i itself, and is summed
 * afresh for every bar, so that it cannot drift.
 */
export class CandleShapes {
  readonly #prices: PriceColumns;

  constructor(prices: PriceColumns) {
    this.#prices = prices;
  }

  open(bar: number): number {
    return this.#prices.open[bar] as number;
  }

  high(bar: number): number {
    return this.#prices.high[bar] as number;
  }

  low(bar: number): number {
    return this.#prices.low[bar] as number;
  }

  close(bar: number): number {
    return this.#prices.close[bar] as number;
  }

  /** 1 for a white candle (close at or above open), -1 for a black one. */
  color(bar: number): 1 | -1 {
    return this.close(bar) >= this.open(bar) ? 1 : -1;
  }

  body(bar: number): number {
    return Math.abs(this.close(bar) - this.open(bar));
  }

  bodyTop(bar: number): number {
    return Math.max(this.close(bar), this.open(bar));
  }

  bodyBottom(bar: number): number {
    return Math.min(this.close(bar), this.open(bar));
  }

  upperShadow(bar: number): number {
    return this.high(bar) - this.bodyTop(bar);
  }

  lowerShadow(bar: number): number {
    return this.bodyBottom(bar) - this.low(bar);
  }

  isLong(bar: number): boolean {
    return this.body(bar) > this.#threshold(BODY_LONG, bar);
  }

  /** Shorter than the mean body; `isSmall` lets equality pass. TA-Lib uses one in some patterns, the other in others. */
  isShort(bar: number): boolean {
    return this.body(bar) < this.#threshold(BODY_SHORT, bar);
  }

  isSmall(bar: number): boolean {
    return this.body(bar) <= this.#threshold(BODY_SHORT, bar);
  }

  isDoji(bar: number): boolean {
    return this.body(bar) <= this.#threshold(BODY_DOJI, bar);
  }

  /** Whether a shadow is longer than the body of its bar. */
  isLongShadow(shadow: number, bar: number): boolean {
    return shadow > this.#threshold(SHADOW_LONG, bar);
  }

  /** Whether a shadow is longer than twice the body of its bar. */
  isVeryLongShadow(shadow: number, bar: number): boolean {
    return shadow > this.#threshold(SHADOW_VERY_LONG, bar);
  }

  isVeryShortShadow(shadow: number, bar: number): boolean {
    return shadow < this.#threshold(SHADOW_VERY_SHORT, bar);
  }

  /** A small and a large distance of prices at this bar: a fifth, and three fifths, of the mean range. */
  near(bar: number): number {
    return this.#threshold(NEAR, bar);
  }

  far(bar: number): number {
    return this.#threshold(FAR, bar);
  }

  /** Whether the body of `bar` lies wholly above, or below, that of `before`. */
  gapsUp(bar: number, before: number): boolean {
    return this.bodyBottom(bar) > this.bodyTop(before);
  }

  gapsDown(bar: number, before: number): boolean {
    return this.bodyTop(bar) < this.bodyBottom(before);
  }

  #threshold({ measure, bars, factor }: Setting, bar: number): number {
    if (bars === 0) return factor * this.#measure(measure, bar);
    let sum = 0;
    for (let i = bar - bars; i < bar; i++) sum += this.#measure(measure, i);
    return factor * (sum / bars);
  }

  #measure(measure: Measure, bar: number): number {
    return measure === 'body' ? this.body(bar) : this.high(bar) - this.low(bar);
  }
}
