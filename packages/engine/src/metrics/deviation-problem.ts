import { RETURN_ROUNDING } from './metric.ts';
import type { ReturnMoments } from './return-moments.ts';

/** Why nothing can be divided by the deviation of these returns, or null when it can. */
export function deviationProblem({ count, deviation }: ReturnMoments, of = 'daily returns'): string | null {
  if (count < 2) return `fewer than two ${of} have no deviation`;
  if (!Number.isFinite(deviation)) return `one of the ${of} is not finite: equity fell to zero`;
  if (deviation <= RETURN_ROUNDING) return `the ${of} have zero deviation`;
  return null;
}
