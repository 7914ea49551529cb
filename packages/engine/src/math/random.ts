import { log } from './logarithm.ts';

/**
 * A seeded source of random numbers: xoshiro128** of Blackman and Vigna (2018), "Scrambled linear pseudorandom number
 * generators", its state filled by splitmix32. 32-bit integer steps, so the same numbers everywhere. Not for
 * secrets.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #spareNormal: number | null = null;

  /**
   * @param seed whole number of at most 53 bits; its bits above 32 count too
   * @param stream number of an independent sequence of the same seed, whole and of 32 bits
   */
  constructor(seed: number, stream = 0) {
    const low = seed >>> 0;
    const high = Math.floor(seed / 2 ** 32) >>> 0;
    let state = low;
    const splitmix = (mixed: number): number => {
      state = (state + 0x9e3779b9) | 0;
      let word = state ^ mixed;
      word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
      return word ^ (word >>> 15);
    };
    this.#a = splitmix(0);
    this.#b = splitmix(high);
    this.#c = splitmix(Math.imul(stream | 0, 0x85ebca6b));
    this.#d = splitmix(0) | 1;
    // Seeds, and streams of one seed, that differ in a few bits part within a few steps.
    for (let step = 0; step < 16; step++) this.bits();
  }

  /** 32 random bits, as a whole number from 0. */
  bits(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }

  /** A multiple of 2^-53 in [0, 1). */
  uniform(): number {
    const high = this.bits() >>> 5;
    const low = this.bits() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  /** A whole number from 0 to below `count` (at least 1, at most 2^53); of high counts some are likelier by 2^-53 at most. */
  integer(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** A normal deviate of mean 0 and deviation 1, by Marsaglia's polar method. */
  normal(): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal;
      this.#spareNormal = null;
      return spare;
    }
    for (;;) {
      const x = 2 * this.uniform() - 1;
      const y = 2 * this.uniform() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * log(square)) / square);
      this.#spareNormal = y * scale;
      return x * scale;
    }
  }

  /** Puts the elements in a random order, in place (Fisher and Yates). */
  shuffle(elements: { readonly length: number; [index: number]: unknown }): void {
    for (let last = elements.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const kept = elements[last];
      elements[last] = elements[other];
      elements[other] = kept;
    }
  }
}
