/**
 * Exponential functions from additions and multiplications alone, which IEEE 754 defines to the bit: `Math.exp` and its
 * relatives are rounded as each JavaScript engine and version likes. Within one unit in the last place.
 * @module
 */

/** ln 2 as a sum: the first part has trailing zeros, so that its products with exponents are exact. */
export const LN2_HEAD = 0.6931471803691238;
export const LN2_TAIL = 1.9082149292705877e-10;

/** e^x is beyond all doubles above, and rounds to 0 below. */
const LARGEST = 709.782712893384;
const SMALLEST = -745.1332191019412;
const LEAST_EXPONENT = -1074;
const POWERS_OF_TWO = Float64Array.from({ length: 1024 - LEAST_EXPONENT }, (_, i) => powerOfTwo(i + LEAST_EXPONENT));

/** 2^exponent, by multiplications that are exact. */
function powerOfTwo(exponent: number): number {
  let power = 1;
  for (let i = 0; i < Math.abs(exponent); i++) power *= exponent > 0 ? 2 : 0.5;
  return power;
}

/** e^x. */
export function exp(x: number): number {
  if (!(x <= LARGEST)) return x > LARGEST ? Infinity : NaN;
  if (x < SMALLEST) return 0;
  // x = k ln 2 + r + rest with r at most half of ln 2.
  const k = Math.round(x * Math.LOG2E);
  const head = x - k * LN2_HEAD;
  const tail = k * LN2_TAIL;
  const r = head - tail;
  const rest = head - r - tail;
  const power = 1 + (r + (beyondFirst(r) + rest * (1 + r)));
  return scale(power, k);
}

/** e^x - 1, without losing the digits of a small x. */
export function expm1(x: number): number {
  if (!(Math.abs(x) < 0.35)) return exp(x) - 1;
  return x + beyondFirst(x);
}

/** e^r - 1 - r for |r| up to 0.35, by its series. */
function beyondFirst(r: number): number {
  let sum = 1 / 87_178_291_200;
  sum = sum * r + 1 / 6_227_020_800;
  sum = sum * r + 1 / 479_001_600;
  sum = sum * r + 1 / 39_916_800;
  sum = sum * r + 1 / 3_628_800;
  sum = sum * r + 1 / 362_880;
  sum = sum * r + 1 / 40_320;
  sum = sum * r + 1 / 5040;
  sum = sum * r + 1 / 720;
  sum = sum * r + 1 / 120;
  sum = sum * r + 1 / 24;
  sum = sum * r + 1 / 6;
  sum = sum * r + 0.5;
  return sum * (r * r);
}

/** y 2^k, rounded once. */
function scale(y: number, k: number): number {
  if (k > 1023) return y * 2 * (POWERS_OF_TWO[k - 1 - LEAST_EXPONENT] as number);
  // The first product is no subnormal number yet, so only the second rounds.
  if (k < -1021)
    return y * (POWERS_OF_TWO[k + 60 - LEAST_EXPONENT] as number) * (POWERS_OF_TWO[-60 - LEAST_EXPONENT] as number);
  return y * (POWERS_OF_TWO[k - LEAST_EXPONENT] as number);
}
