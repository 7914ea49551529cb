import { EngineError } from '../engine-error.ts';
import { defineIndicator } from './define-indicator.ts';
import { number } from './parameters.ts';

/**
 * Parabolic stop and reverse (Wilder), as TA-Lib's SAR. The first trend is down where the low of bar 1 fell by more than its
 * high rose, else up. Prices of a falling trend are mirrored, so that one rule serves both.
 */
class ParabolicStop {
  readonly #acceleration: number;
  readonly #maximum: number;
  #bars = 0;
  #high = NaN;
  #low = NaN;
  /** 1 while the trend is up, -1 while it is down. */
  direction: 1 | -1 = 1;
  /** Mirrored by direction, as is the extreme. */
  #stop = NaN;
  #extreme = NaN;
  #factor: number;

  constructor(acceleration: number, maximum: number) {
    this.#acceleration = acceleration;
    this.#maximum = maximum;
    this.#factor = acceleration;
  }

  next(high: number, low: number): number {
    this.#bars++;
    if (this.#bars === 2) this.#start(high, low);
    const stop = this.#bars < 2 ? NaN : this.#advance(high, low);
    this.#high = high;
    this.#low = low;
    return stop;
  }

  #start(high: number, low: number): void {
    const down = this.#low - low;
    this.direction = down > 0 && down > high - this.#high ? -1 : 1;
    this.#stop = this.#worst(this.#high, this.#low);
    this.#extreme = this.#best(high, low);
    // The first stop is not held off the bars it was made of: TA-Lib takes bar 1 for its own predecessor.
    this.#high = high;
    this.#low = low;
  }

  #advance(high: number, low: number): number {
    if (this.#worst(high, low) <= this.#stop) return this.#reverse(high, low);
    const shown = this.#stop * this.direction;
    const best = this.#best(high, low);
    if (best > this.#extreme) {
      this.#extreme = best;
      this.#factor = Math.min(this.#maximum, this.#factor + this.#acceleration);
    }
    this.#move(high, low);
    return shown;
  }

  #reverse(high: number, low: number): number {
    const extreme = -this.#extreme;
    this.direction = this.direction === 1 ? -1 : 1;
    this.#factor = this.#acceleration;
    this.#stop = this.#heldOff(extreme, high, low);
    const shown = this.#stop * this.direction;
    this.#extreme = this.#best(high, low);
    this.#move(high, low);
    return shown;
  }

  /** The stop of the next bar: nearer to the extreme, but not beyond this bar and the one before. */
  #move(high: number, low: number): void {
    this.#stop = this.#heldOff(this.#stop + this.#factor * (this.#extreme - this.#stop), high, low);
  }

  #heldOff(stop: number, high: number, low: number): number {
    return Math.min(stop, this.#worst(this.#high, this.#low), this.#worst(high, low));
  }

  /** Low of a bar, as seen by the trend. */
  #worst(high: number, low: number): number {
    return this.direction === 1 ? low : -high;
  }

  /** High of a bar, as seen by the trend. */
  #best(high: number, low: number): number {
    return this.direction === 1 ? high : -low;
  }
}

/** See `ParabolicStop`. `direction` is that of the trend after the bar. */
export const PARABOLIC_SAR = defineIndicator({
  name: 'psar',
  description:
    'Parabolic stop and reverse: a stop that follows the trend faster the longer it lasts; direction 1 up, -1 down',
  inputs: [],
  candle_inputs: ['high', 'low'],
  params: [number('acceleration', 0.02, 0, 1), number('maximum', 0.2, 0, 1)],
  outputs: ['sar', 'direction'],
  firstIndex: () => 1,
  check(acceleration: number, maximum: number) {
    if (acceleration <= maximum) return;
    throw new EngineError(
      'invalid_params',
      `acceleration is ${acceleration} and maximum is ${maximum}; acceleration must not be above maximum`,
      { acceleration, maximum },
    );
  },

  begin(acceleration: number, maximum: number) {
    const stop = new ParabolicStop(acceleration, maximum);
    return (bar, out) => {
      out[0] = stop.next(bar[0] as number, bar[1] as number);
      out[1] = stop.direction;
    };
  },
});
