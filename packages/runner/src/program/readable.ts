const DIGITS = 9;

/** A quantity or a price for people, without the digits that only computing has made. */
export function readable(value: number): number {
  return Number(value.toPrecision(DIGITS));
}
