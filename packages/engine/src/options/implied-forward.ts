/** Mid prices of the call and the put of one strike and expiry. */
export interface ParityPair {
  readonly strike: number;
  readonly call: number;
  readonly put: number;
}

const MOST_PAIRS = 5;

/**
 * The forward price that put-call parity implies, F = K + (C - P) / discount: the median of the strikes around the one where
 * call and put cost nearly the same, where both are quoted best and early exercise is worth least. Null without a pair.
 *
 * @param discount price now of 1 at expiry
 */
export function impliedForward(pairs: readonly ParityPair[], discount: number): number | null {
  const distance = ({ call, put }: ParityPair) => Math.abs(call - put);
  const nearest = pairs.toSorted((a, b) => distance(a) - distance(b) || a.strike - b.strike).slice(0, MOST_PAIRS);
  const forwards = nearest.map(({ strike, call, put }) => strike + (call - put) / discount).sort((a, b) => a - b);
  const middle = forwards.length >> 1;
  const [upper, lower] = [forwards[middle], forwards[forwards.length - 1 - middle]];
  if (upper === undefined || lower === undefined) return null;
  const forward = 0.5 * (upper + lower);
  return forward > 0 ? forward : null;
}
