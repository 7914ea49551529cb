/** A hash of numbers that came one after the other, bit by bit: 64 bits by two multiplicative hashes (FNV-1a, two primes). */
export class RunningHash {
  readonly #number = new Float64Array(1);
  readonly #bits = new Int32Array(this.#number.buffer);
  #one = 0x811c9dc5;
  #other = 0x9e3779b9;

  add(value: number): void {
    this.#number[0] = value;
    for (let i = 0; i < 2; i++) {
      const bits = this.#bits[i] as number;
      this.#one = Math.imul(this.#one ^ bits, 0x01000193);
      this.#other = Math.imul(this.#other ^ (bits + this.#one), 0x85ebca6b);
      this.#other ^= this.#other >>> 15;
    }
  }

  get state(): readonly [number, number] {
    return [this.#one, this.#other];
  }
}
