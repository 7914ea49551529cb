/** A number, or null with the reason why there is none: never a sentinel. */
export type Metric = { readonly value: number } | { readonly value: null; readonly reason: string };

export function defined(value: number): Metric {
  return { value };
}

export function undefinedBecause(reason: string): Metric {
  return { value: null, reason };
}

/**
 * Deviations of daily returns at or below this are rounding: a return is a ratio of equities minus 1, so its own error
 * is about one unit in the last place of 1. Dividing by such a deviation would give a huge ratio that means nothing.
 */
export const RETURN_ROUNDING = 4 * Number.EPSILON;
