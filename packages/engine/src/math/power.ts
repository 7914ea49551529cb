import { exp } from './exponential.ts';
import { log } from './logarithm.ts';

/** Exponents up to here that are whole numbers, or halves of them, are multiplied out. */
const MOST_MULTIPLIED = 64;

/**
 * a^b, to the same bits in every JavaScript engine; `Math.pow` and `**` are not. Beyond whole and half exponents up to 64,
 * e^(b ln a), whose relative error grows with b ln a: some 1e-14 at 100. NaN for a power of a negative number that is none.
 */
export function power(a: number, b: number): number {
  if (b === 0) return 1;
  if (Number.isNaN(a) || Number.isNaN(b)) return NaN;
  const whole = Math.floor(Math.abs(b));
  if (whole <= MOST_MULTIPLIED && (Math.abs(b) - whole) * 2 === Math.round((Math.abs(b) - whole) * 2)) {
    const result = wholePower(a, whole) * (whole === Math.abs(b) ? 1 : Math.sqrt(a));
    return b < 0 ? 1 / result : result;
  }
  if (a < 0) return Number.isInteger(b) ? (b % 2 === 0 ? 1 : -1) * power(-a, b) : NaN;
  if (a === 1) return 1;
  return exp(b * log(a));
}

function wholePower(a: number, exponent: number): number {
  let result = 1;
  let factor = a;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= factor;
    factor *= factor;
  }
  return result;
}
