const ZERO = 48;
const POINT = 46 - ZERO;

/** 10^0 to 10^22: the powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const MAX_DECIMALS = POWERS_OF_TEN.length - 1;

/**
 * Reads a plain decimal such as `101.25` from bytes into `into[index]`, bit for bit what `Number` makes of the text.
 *
 * The digits are gathered as one integer and divided once by a power of ten. Both are exact as long as the integer is
 * below 2^53 and the power at most 10^22, so the quotient is correctly rounded (Clinger 1990, the fast path of strtod).
 * Anything else, a sign or an exponent for instance, is left to the caller.
 *
 * @returns the position after the number, or -1 where the text has another form
 */
export function scanDecimal(bytes: Uint8Array, start: number, into: Float64Array, index: number): number {
  let at = start;
  let mantissa = 0;
  let digit = (bytes[at] ?? 0) - ZERO;
  while (digit >= 0 && digit <= 9) {
    mantissa = mantissa * 10 + digit;
    digit = (bytes[++at] ?? 0) - ZERO;
  }
  let decimals = 0;
  let digits = at - start;
  if (digit === POINT) {
    const point = at;
    digit = (bytes[++at] ?? 0) - ZERO;
    while (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digit = (bytes[++at] ?? 0) - ZERO;
    }
    decimals = at - point - 1;
    digits += decimals;
  }
  if (digits === 0 || mantissa > Number.MAX_SAFE_INTEGER || decimals > MAX_DECIMALS) return -1;
  into[index] = decimals === 0 ? mantissa : mantissa / (POWERS_OF_TEN[decimals] ?? 1);
  return at;
}
