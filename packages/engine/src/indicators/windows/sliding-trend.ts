/**
 * Sums of the last `period` values against their place in the window (0 the oldest), for weighted means and straight lines.
 *
 * Built as `SlidingDeviation`: around a value K of the window or shortly before it, in blocks, with nothing ever subtracted.
 * In the older part of a window places count from its first value; those of the newer part begin where the older part ends.
 */
export class SlidingTrend {
  readonly #period: number;
  readonly #worstCancellation: number;
  readonly #values: Float64Array;
  readonly #ends1: Float64Array;
  readonly #ends2: Float64Array;
  readonly #endsPlaced: Float64Array;
  #position = 0;
  #beginning1 = 0;
  #beginning2 = 0;
  #beginningPlaced = 0;
  #full = false;
  /** K. */
  shift = NaN;
  /** Sum of value - K. */
  sum = NaN;
  /** Sum of (value - K) * place. */
  placedSum = NaN;
  /** Sum of squared deviations of the values from their mean. */
  squares = NaN;

  constructor(period: number) {
    this.#period = period;
    this.#worstCancellation = 1e4 + 16 * period;
    this.#values = new Float64Array(period);
    this.#ends1 = new Float64Array(period + 1);
    this.#ends2 = new Float64Array(period + 1);
    this.#endsPlaced = new Float64Array(period + 1);
  }

  /** Adds a value; false until there are `period` values. */
  push(value: number): boolean {
    const place = this.#position;
    if (place === 0) this.#turn(value);
    this.#values[place] = value;
    const d = value - this.shift;
    this.#beginning1 += d;
    this.#beginning2 += d * d;
    this.#beginningPlaced += d * place;
    const end = place + 1;
    this.#position = end === this.#period ? 0 : end;
    if (!this.#full) {
      if (end < this.#period) return false;
      this.#full = true;
    }
    this.#addUp(end);
    const total2 = (this.#ends2[end] as number) + this.#beginning2;
    if (this.squares * this.#worstCancellation < total2) {
      this.#anchor(value, end);
      this.#addUp(end);
      this.squares = Math.max(0, this.squares);
    }
    return true;
  }

  #addUp(end: number): void {
    this.sum = (this.#ends1[end] as number) + this.#beginning1;
    this.placedSum =
      (this.#endsPlaced[end] as number) + this.#beginningPlaced + (this.#period - end) * this.#beginning1;
    this.squares = (this.#ends2[end] as number) + this.#beginning2 - this.sum * (this.sum / this.#period);
  }

  #turn(value: number): void {
    if (this.#full) this.#anchor(this.#values[this.#period - 1] as number, 0);
    else this.shift = value;
  }

  #anchor(shift: number, end: number): void {
    this.shift = shift;
    let s1 = 0;
    let s2 = 0;
    let placed = 0;
    for (let i = this.#period - 1; i >= end; i--) {
      const d = (this.#values[i] as number) - shift;
      // Every value after this one moves one place on.
      placed += s1;
      s1 += d;
      s2 += d * d;
      this.#ends1[i] = s1;
      this.#ends2[i] = s2;
      this.#endsPlaced[i] = placed;
    }
    s1 = 0;
    s2 = 0;
    placed = 0;
    for (let i = 0; i < end; i++) {
      const d = (this.#values[i] as number) - shift;
      s1 += d;
      s2 += d * d;
      placed += d * i;
    }
    this.#beginning1 = s1;
    this.#beginning2 = s2;
    this.#beginningPlaced = placed;
  }
}
