import { trueRangeOf } from './atr.ts';
import { defineIndicator } from './define-indicator.ts';
import { period } from './parameters.ts';

/** Moves whose difference is no more than this share of the price are equal: prices on a tick grid carry its rounding. */
const TIE = 4 * Number.EPSILON;

/** Wilder's sums of directional movement and true range, and what is made of them. */
class DirectionalMovement {
  readonly #period: number;
  #bars = 0;
  #high = NaN;
  #low = NaN;
  #close = NaN;
  #plus = 0;
  #minus = 0;
  #range = 0;
  /** 0 where no bar has had a range yet. */
  plusDi = 0;
  minusDi = 0;
  /** Stays what it was where both directional indicators are 0, as in TA-Lib. */
  dx = 0;
  /** Whether the newest bar gave a `dx`. */
  dxKnown = false;

  constructor(period: number) {
    this.#period = period;
  }

  push(high: number, low: number, close: number): void {
    if (this.#bars > 0) this.#add(high, low);
    this.#bars++;
    this.#high = high;
    this.#low = low;
    this.#close = close;
  }

  #add(high: number, low: number): void {
    const up = high - this.#high;
    const down = this.#low - low;
    const tie = Math.abs(up - down) <= TIE * high;
    // The first period - 1 moves are added up as they are; from then on each sum loses a share before it grows.
    const kept = this.#bars < this.#period ? 1 : 1 - 1 / this.#period;
    this.#plus = this.#plus * kept + (up > 0 && up > down && !tie ? up : 0);
    this.#minus = this.#minus * kept + (down > 0 && down > up && !tie ? down : 0);
    this.#range = this.#range * kept + trueRangeOf(high, low, this.#close);
    if (this.#bars >= this.#period) this.#indicate();
  }

  #indicate(): void {
    this.dxKnown = false;
    if (this.#range === 0) return;
    this.plusDi = (100 * this.#plus) / this.#range;
    this.minusDi = (100 * this.#minus) / this.#range;
    const sum = this.plusDi + this.minusDi;
    if (sum === 0) return;
    this.dx = (100 * Math.abs(this.plusDi - this.minusDi)) / sum;
    this.dxKnown = true;
  }
}

/**
 * Wilder's directional indicators and their index, as TA-Lib's PLUS_DI, MINUS_DI and DX. Upward and downward moves that are
 * equal on paper count as equal, so that neither of them counts (TA-Lib leaves that to the last bit).
 */
export const DMI = defineIndicator({
  name: 'dmi',
  description: 'Directional movement: +DI, -DI and their index DX, 0 to 100',
  inputs: [],
  candle_inputs: ['high', 'low', 'close'],
  params: [period('period', 14, 2)],
  outputs: ['plus_di', 'minus_di', 'dx'],
  firstIndex: (bars: number) => bars,

  begin(bars: number) {
    const movement = new DirectionalMovement(bars);
    return (bar, out) => {
      movement.push(bar[0] as number, bar[1] as number, bar[2] as number);
      out[0] = movement.plusDi;
      out[1] = movement.minusDi;
      out[2] = movement.dx;
    };
  },
});

/**
 * Average directional index (Wilder), as TA-Lib's ADX: the Wilder average of DX, started from the sum of the first `period`
 * over `period`; a bar without DX leaves it as it is. +DI and -DI are those of `dmi`, from the first ADX on.
 */
export const ADX = defineIndicator({
  name: 'adx',
  description: 'Average directional index, 0 to 100: strength of a trend, with +DI and -DI',
  inputs: [],
  candle_inputs: ['high', 'low', 'close'],
  params: [period('period', 14, 2)],
  outputs: ['adx', 'plus_di', 'minus_di'],
  firstIndex: (bars: number) => 2 * bars - 1,

  begin(bars: number) {
    const movement = new DirectionalMovement(bars);
    const weight = 1 / bars;
    let index = 0;
    let sum = 0;
    let average = 0;
    return (bar, out) => {
      movement.push(bar[0] as number, bar[1] as number, bar[2] as number);
      if (index < 2 * bars) {
        if (movement.dxKnown) sum += movement.dx;
        average = sum / bars;
      } else if (movement.dxKnown) {
        average += (movement.dx - average) * weight;
      }
      index++;
      out[0] = average;
      out[1] = movement.plusDi;
      out[2] = movement.minusDi;
    };
  },
});
