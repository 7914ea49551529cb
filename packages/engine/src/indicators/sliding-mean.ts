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

/** Writes the mean of each full window, with the operations of `SlidingMean` on local variables, which are twice as fast. */
export function slideMean(values: Float64Array, means: Float64Array, period: number): void {
  let sum = 0;
  let low = 0;
  for (let i = 0; i < values.length; i++) {
    const entering = values[i] as number;
    const leaving = i < period ? 0 : (values[i - period] as number);
    const change = entering - leaving;
    const changeTail = change - entering;
    const next = sum + change;
    const sumTail = next - sum;
    low += entering - (change - changeTail) - (leaving + changeTail) + (sum - (next - sumTail) + (change - sumTail));
    sum = next;
    if (i >= period - 1) means[i] = (sum + low) / period;
  }
}
