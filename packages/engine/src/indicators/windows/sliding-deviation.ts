/**
 * Mean and population standard deviation of the last `period` values: exact to some 1e-11 of the deviation whatever the
 * level of the values, exactly 0 for a flat window, without drift.
 *
 * With d = value - K for a value K of the window or shortly before it, s1 = sum of d, s2 = sum of d * d:
 *   mean    = K + s1 * (1 / period)
 *   squares = s2 - s1 * (s1 * (1 / period))      the sum of squared deviations from the mean
 * Sums are made as in `SlidingSum`: the series is cut into blocks of `period` values; a window is the end of one block,
 * whose sums are made from the back when it is full, and the beginning of the next. K is the last value of the block before.
 * Where `squares` is so small a part of s2 that rounding would show (the price has jumped far from K, and stays), K becomes
 * the newest value and all sums of this block are made again.
 */
export class SlidingDeviation {
  readonly #period: number;
  readonly #share: number;
  readonly #worstCancellation: number;
  readonly #values: Float64Array;
  readonly #ends1: Float64Array;
  readonly #ends2: Float64Array;
  #position = 0;
  #shift = NaN;
  #beginning1 = 0;
  #beginning2 = 0;
  #full = false;
  /** Mean of the window, once there are `period` values. */
  mean = NaN;
  /** Sum of squared deviations from the mean. */
  squares = NaN;

  constructor(period: number) {
    this.#period = period;
    this.#share = 1 / period;
    // At the newest value as K, s2 is at most `period` times `squares`: far within this.
    this.#worstCancellation = 1e4 + 16 * period;
    this.#values = new Float64Array(period);
    this.#ends1 = new Float64Array(period + 1);
    this.#ends2 = new Float64Array(period + 1);
  }

  /** Adds a value; `mean` and `squares` are those of the window that ends with it, NaN until it has `period` values. */
  push(value: number): void {
    const position = this.#position;
    if (position === 0) this.#turn(value);
    this.#values[position] = value;
    const d = value - this.#shift;
    const end = position + 1;
    this.#beginning1 += d;
    this.#beginning2 += d * d;
    this.#position = end === this.#period ? 0 : end;
    if (!this.#full) {
      if (end < this.#period) return;
      this.#full = true;
    }
    const s1 = (this.#ends1[end] as number) + this.#beginning1;
    const s2 = (this.#ends2[end] as number) + this.#beginning2;
    const part = s1 * this.#share;
    const squares = s2 - s1 * part;
    if (squares * this.#worstCancellation < s2) {
      this.#settle(value, end);
      return;
    }
    this.mean = this.#shift + part;
    this.squares = squares;
  }

  /** Population standard deviation. */
  get deviation(): number {
    return Math.sqrt(this.squares * this.#share);
  }

  /** Begins a block: what was the last one is now the older part of the windows. */
  #turn(value: number): void {
    if (this.#full) this.#anchor(this.#values[this.#period - 1] as number, 0);
    else this.#shift = value;
  }

  /** Makes all sums again around the newest value. */
  #settle(value: number, end: number): void {
    this.#anchor(value, end);
    const s1 = (this.#ends1[end] as number) + this.#beginning1;
    const s2 = (this.#ends2[end] as number) + this.#beginning2;
    const part = s1 * this.#share;
    this.mean = value + part;
    this.squares = Math.max(0, s2 - s1 * part);
  }

  /** Sums around `shift`, where the values before `end` are of this block and those from it on of the block before. */
  #anchor(shift: number, end: number): void {
    this.#shift = shift;
    let s1 = 0;
    let s2 = 0;
    for (let i = this.#period - 1; i >= end; i--) {
      const d = (this.#values[i] as number) - shift;
      s1 += d;
      s2 += d * d;
      this.#ends1[i] = s1;
      this.#ends2[i] = s2;
    }
    s1 = 0;
    s2 = 0;
    for (let i = 0; i < end; i++) {
      const d = (this.#values[i] as number) - shift;
      s1 += d;
      s2 += d * d;
    }
    this.#beginning1 = s1;
    this.#beginning2 = s2;
  }
}
