import { quantile } from '../math/quantile.ts';

/** A loss that is exceeded in one period of twenty, and the mean loss of the periods beyond it. Positive is a loss. */
export interface TailLoss {
  readonly value_at_risk: number;
  readonly conditional_value_at_risk: number;
  /** Returns in the tail that was averaged. */
  readonly count: number;
}

const TAIL_SHARE = 0.05;

/**
 * Historical VaR and CVaR at 95 %: minus the 5 % quantile by linear interpolation, and minus the mean of all returns at
 * or below it. The definition of the headline, since it moves smoothly with the data.
 *
 * @param ascending returns in ascending order, at least one
 */
export function tailLossByInterpolation(ascending: Float64Array): TailLoss {
  const edge = quantile(ascending, TAIL_SHARE);
  let count = 0;
  let sum = 0;
  while (count < ascending.length && (ascending[count] as number) <= edge) sum += ascending[count++] as number;
  return { value_at_risk: -edge, conditional_value_at_risk: -sum / count, count };
}

/**
 * The same by order statistics: with k = ceil(n / 20), minus the k-th smallest return and minus the mean of the k smallest.
 *
 * @param ascending returns in ascending order, at least one
 */
export function tailLossByOrder(ascending: Float64Array): TailLoss {
  // n / 20 and not 0.05 n, which rounding can carry past a whole number.
  const count = Math.ceil(ascending.length / 20);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += ascending[i] as number;
  return { value_at_risk: -(ascending[count - 1] ?? NaN), conditional_value_at_risk: -sum / count, count };
}

/** The 95 % quantile of returns over the size of the 5 % quantile: above 1 when large gains outweigh large losses. */
export function tailRatio(ascending: Float64Array): number {
  return Math.abs(quantile(ascending, 1 - TAIL_SHARE)) / Math.abs(quantile(ascending, TAIL_SHARE));
}
