/**
 * The highest (or lowest) of the last `period` values, and how long ago it was: a queue of the values that are higher than
 * all after them. Among equals the newest counts, as in TA-Lib.
 */
export class SlidingExtreme {
  readonly #period: number;
  readonly #sign: 1 | -1;
  readonly #values: Float64Array;
  readonly #bars: Float64Array;
  #head = 0;
  #size = 0;
  #bar = -1;

  private constructor(period: number, sign: 1 | -1) {
    this.#period = period;
    this.#sign = sign;
    this.#values = new Float64Array(period);
    this.#bars = new Float64Array(period);
  }

  static highest(period: number): SlidingExtreme {
    return new SlidingExtreme(period, 1);
  }

  static lowest(period: number): SlidingExtreme {
    return new SlidingExtreme(period, -1);
  }

  /** Adds a value and returns the extreme; NaN until there are `period` values, a NaN before that is passed over. */
  next(value: number): number {
    if (Number.isNaN(value)) return NaN;
    this.#bar++;
    if (this.#size > 0 && (this.#bars[this.#head] as number) <= this.#bar - this.#period) {
      this.#head = this.#wrap(this.#head + 1);
      this.#size--;
    }
    const signed = value * this.#sign;
    let last = this.#wrap(this.#head + this.#size - 1 + this.#period);
    while (this.#size > 0 && (this.#values[last] as number) <= signed) {
      this.#size--;
      last = last === 0 ? this.#period - 1 : last - 1;
    }
    const place = this.#wrap(this.#head + this.#size);
    this.#values[place] = signed;
    this.#bars[place] = this.#bar;
    this.#size++;
    return this.#bar + 1 < this.#period ? NaN : (this.#values[this.#head] as number) * this.#sign;
  }

  /** Bars since the extreme; 0 where it is the newest value. */
  get age(): number {
    return this.#bar - (this.#bars[this.#head] as number);
  }

  #wrap(place: number): number {
    let wrapped = place;
    while (wrapped >= this.#period) wrapped -= this.#period;
    return wrapped;
  }
}
