/**
 * Logarithms from the four operations alone, as `exponential.ts`. Within one unit in the last place.
 * @module
 */
import { LN2_HEAD, LN2_TAIL } from './exponential.ts';

const SMALLEST_NORMAL = 2.2250738585072014e-308;
const TWO_TO_54 = 18_014_398_509_481_984;
const HALF_ROOT = Math.SQRT1_2;

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);
/** Which of the two words has the exponent. */
const HIGH = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** The natural logarithm: NaN below 0, -Infinity of 0. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return Infinity;
  const isSubnormal = x < SMALLEST_NORMAL;
  double[0] = isSubnormal ? x * TWO_TO_54 : x;
  // x = 2^k m with m from 0.5 to 1, then from the root of one half to the root of two.
  const word = words[HIGH] as number;
  let k = (word >> 20) - 1022 - (isSubnormal ? 54 : 0);
  words[HIGH] = (word & 0xfffff) | (1022 << 20);
  let m = double[0];
  if (m < HALF_ROOT) {
    m *= 2;
    k -= 1;
  }
  const f = m - 1;
  const half = 0.5 * f * f;
  const s = f / (2 + f);
  const correction = s * (half + beyondFirst(s * s));
  if (k === 0) return f - (half - correction);
  return k * LN2_HEAD - (half - (correction + k * LN2_TAIL) - f);
}

/** ln(1 + x), without losing the digits of a small x. */
export function log1p(x: number): number {
  const sum = 1 + x;
  if (!(sum > 0) || sum === Infinity) return log(sum);
  // What the sum has lost of x, to first order.
  return sum === 1 ? x : log(sum) + (x - (sum - 1)) / sum;
}

/** ln((1 + s) / (1 - s)) / s - 2 for z = s^2 up to 0.03: 2/3 z + 2/5 z^2 + ... */
function beyondFirst(z: number): number {
  let sum = 2 / 25;
  sum = sum * z + 2 / 23;
  sum = sum * z + 2 / 21;
  sum = sum * z + 2 / 19;
  sum = sum * z + 2 / 17;
  sum = sum * z + 2 / 15;
  sum = sum * z + 2 / 13;
  sum = sum * z + 2 / 11;
  sum = sum * z + 2 / 9;
  sum = sum * z + 2 / 7;
  sum = sum * z + 2 / 5;
  sum = sum * z + 2 / 3;
  return sum * z;
}
