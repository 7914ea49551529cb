/** A sum that grows without end, with what each addition rounds away kept apart (Knuth's TwoSum). */
export class CompensatedSum {
  #sum = 0;
  #low = 0;

  add(value: number): void {
    const sum = this.#sum + value;
    const tail = sum - this.#sum;
    this.#low += this.#sum - (sum - tail) + (value - tail);
    this.#sum = sum;
  }

  get value(): number {
    return this.#sum + this.#low;
  }
}
