/**
 * The mean of a window that slides over a series.
 *
 * A plain running sum drifts without bound. Here `#low` collects what the additions to `#sum` rounded away (Knuth's
 * TwoSum: once for the change of the window, once for the sum), so every mean is good to about one unit in the last
 * place at any length. The corrections are off the critical path: they cost little more than the plain sum.
 */
export class SlidingMean {
  readonly #period: number;
  #sum = 0;
  #low = 0;

  /** Starts on the window `values[end - period..end)`. */
  constructor(period: number, values: Float64Array, end: number) {
    this.#period = period;
    for (let i = end - period; i < end; i++) this.slide(values[i] ?? NaN, 0);
  }

  /** Moves the window one value on and returns its mean. */
  slide(entering: number, leaving: number): number {
    const change = entering - leaving;
    const changeTail = change - entering;
    const changeError = entering - (change - changeTail) - (leaving + changeTail);

    const sum = this.#sum + change;
    const sumTail = sum - this.#sum;
    const sumError = this.#sum - (sum - sumTail) + (change - sumTail);

    this.#sum = sum;
    this.#low += changeError + sumError;
    return this.mean;
  }

  get mean(): number {
    return (this.#sum + this.#low) / this.#period;
  }
}
