import { describe, expect, it } from 'vitest';
import { Random } from '../src/math/random.ts';

const DRAWS = 20_000;

describe('The seeded generator', () => {
  it('gives the same numbers for the same seed and stream, and others for others', () => {
    const first = (seed: number, stream?: number) => {
      const random = new Random(seed, stream);
      return Array.from({ length: 8 }, () => random.bits()).join();
    };
    expect(first(42)).toBe(first(42));
    const seeds = [first(42), first(43), first(42, 1), first(42, 2), first(42 + 2 ** 32), first(0), first(2 ** 53 - 1)];
    expect(new Set(seeds).size).toBe(seeds.length);
  });

  it('fills the unit interval evenly', () => {
    const random = new Random(1);
    const cells = new Uint32Array(100);
    for (let draw = 0; draw < DRAWS; draw++) {
      const value = random.uniform();
      expect(value >= 0 && value < 1).toBe(true);
      const cell = Math.floor(100 * value);
      cells[cell] = (cells[cell] ?? 0) + 1;
    }
    const expected = DRAWS / 100;
    const chiSquare = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 99 degrees of freedom: between the 0.05 % and 99.95 % quantiles.
    expect(chiSquare).toBeGreaterThan(57);
    expect(chiSquare).toBeLessThan(155);
  });

  it('draws neighbouring streams independently of each other', () => {
    const [one, other] = [new Random(9, 1), new Random(9, 2)];
    let products = 0;
    for (let draw = 0; draw < DRAWS; draw++) products += (one.uniform() - 0.5) * (other.uniform() - 0.5);
    // The deviation of the mean product is 1 / 12 / sqrt(n).
    expect(Math.abs(products / DRAWS)).toBeLessThan((4 / 12) * DRAWS ** -0.5);
  });

  it('draws normal deviates of mean 0, variance 1, no skewness and kurtosis 3', () => {
    const random = new Random(2);
    const draws = Array.from({ length: DRAWS }, () => random.normal());
    const moment = (power: number) => draws.reduce((sum, value) => sum + value ** power, 0) / DRAWS;
    expect(Math.abs(moment(1))).toBeLessThan(0.03);
    expect(moment(2)).toBeCloseTo(1, 1);
    expect(Math.abs(moment(3))).toBeLessThan(0.12);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.25);
  });

  it('shuffles into each order equally often', () => {
    const random = new Random(3);
    const orders = new Map<string, number>();
    for (let draw = 0; draw < 6000; draw++) {
      const letters = ['a', 'b', 'c'];
      random.shuffle(letters);
      orders.set(letters.join(''), (orders.get(letters.join('')) ?? 0) + 1);
    }
    expect(orders.size).toBe(6);
    for (const count of orders.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});
