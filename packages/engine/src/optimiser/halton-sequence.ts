import { Random } from '../math/random.ts';

/** Enough digits that the last one no longer shows in 32 bits. */
const SMALLEST = 2 ** -32;

/**
 * A scrambled Halton sequence: coordinate d of point i is the radical inverse of i in the d-th prime, each digit sent
 * through a random permutation of its own, which breaks up the stripes of high dimensions (Owen, "A randomized Halton
 * algorithm in R", 2017). Points fill the unit cube far more evenly than independent draws.
 */
export class HaltonSequence {
  readonly #bases: readonly number[];
  /** By dimension, by position of the digit: what each digit becomes. */
  readonly #permutations: readonly (readonly Uint16Array[])[];

  constructor(dimensions: number, seed: number) {
    this.#bases = firstPrimes(dimensions);
    this.#permutations = this.#bases.map((base, dimension) => {
      const random = new Random(seed, dimension + 1);
      const positions: Uint16Array[] = [];
      for (let weight = 1 / base; weight > SMALLEST; weight /= base) {
        const permutation = Uint16Array.from({ length: base }, (_, digit) => digit);
        random.shuffle(permutation);
        positions.push(permutation);
      }
      return positions;
    });
  }

  /** Point number `index`, from 0: a coordinate in [0, 1) for each dimension. */
  pointAt(index: number): Float64Array {
    return Float64Array.from(this.#bases, (base, dimension) => {
      let rest = index;
      let weight = 1;
      let coordinate = 0;
      for (const permutation of this.#permutations[dimension] ?? []) {
        weight /= base;
        coordinate += weight * (permutation[rest % base] as number);
        rest = Math.floor(rest / base);
      }
      // The middle of the cell that the digits name: never exactly 0.
      return coordinate + weight / 2;
    });
  }
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
}
