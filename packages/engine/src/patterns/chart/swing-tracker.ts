/** A turning point of prices. */
export interface Swing {
  readonly kind: 'high' | 'low';
  readonly bar: number;
  readonly price: number;
}

/**
 * Finds swing highs and lows as bars come in. A high is a swing high when it is above the highs of the `left` bars before
 * it and not below those of the `right` bars after it; a swing low the reverse. It is known, and given, only when those
 * `right` bars have closed.
 */
export class SwingTracker {
  readonly #left: number;
  readonly #right: number;
  readonly #highs: Float64Array;
  readonly #lows: Float64Array;
  #seen = 0;

  constructor(left: number, right: number) {
    this.#left = left;
    this.#right = right;
    this.#highs = new Float64Array(left + right + 1);
    this.#lows = new Float64Array(left + right + 1);
  }

  /** Index of the bar given last. */
  get bar(): number {
    return this.#seen - 1;
  }

  /** Takes one more bar; gives the swings that it confirms: none, one, or a high and a low at once. */
  update(high: number, low: number): readonly Swing[] {
    const newest = this.#left + this.#right;
    this.#highs.copyWithin(0, 1);
    this.#lows.copyWithin(0, 1);
    this.#highs[newest] = high;
    this.#lows[newest] = low;
    this.#seen += 1;
    if (this.#seen <= newest) return [];

    const bar = this.bar - this.#right;
    const swings: Swing[] = [];
    if (this.#isExtreme(this.#highs, 1)) swings.push({ kind: 'high', bar, price: this.#highs[this.#left] as number });
    if (this.#isExtreme(this.#lows, -1)) swings.push({ kind: 'low', bar, price: this.#lows[this.#left] as number });
    return swings;
  }

  #isExtreme(prices: Float64Array, sign: 1 | -1): boolean {
    const candidate = sign * (prices[this.#left] as number);
    for (let i = 0; i < prices.length; i++) {
      if (i === this.#left) continue;
      const other = sign * (prices[i] as number);
      // Of equal extremes the first counts.
      if (i < this.#left ? other >= candidate : other > candidate) return false;
    }
    return true;
  }
}

/** Bars that a swing must stand out from, before and after it: the parameters of every chart pattern. */
export const SWING_PARAMETERS = [
  { name: 'left', type: 'period', default: 5, min: 1, max: 500 },
  { name: 'right', type: 'period', default: 5, min: 1, max: 500 },
] as const;

/** The bar at which the first swing can be known. */
export function firstSwingIndex(left: number, right: number): number {
  return left + right;
}
